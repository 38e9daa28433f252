using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;

namespace FaceLive
{
    /// <summary>Plays a recording as if it were live: same order, same gaps. A plain class; give it the time that has passed.</summary>
    public sealed class RecordingPlayer
    {
        private readonly List<RecordedMessage> records;
        private readonly long[] dueNs;
        private readonly LatestSlot slot = new LatestSlot();
        private readonly ConcurrentDictionary<uint, AvatarMessage> avatars = new ConcurrentDictionary<uint, AvatarMessage>();
        private readonly StreamInbox inbox;
        private int next;
        private long playedNs;

        /// <summary>Throws FormatException if the file is no recording, or holds nothing.</summary>
        public RecordingPlayer(string path)
            : this(File.ReadAllBytes(path))
        {
        }

        /// <summary>A recording that is in memory already, such as a TextAsset's bytes. Throws FormatException.</summary>
        public RecordingPlayer(byte[] recording)
        {
            records = Recording.Read(recording, out Schema schema, out int lostBytes);
            if (records.Count == 0) throw new FormatException("the recording holds no message");
            dueNs = Timeline(records);
            Schema = schema;
            LostBytes = lostBytes;
            inbox = new StreamInbox(slot, new ConcurrentQueue<EventMessage>(), avatars, 64);
        }

        public Schema Schema { get; }

        /// <summary>Damage in the file; all whole records are played.</summary>
        public int LostBytes { get; }

        public bool Loop { get; set; }

        public bool Ended => next >= records.Count && !Loop;

        public AvatarMessage AvatarOf(uint faceId) => avatars.TryGetValue(faceId, out AvatarMessage found) ? found : null;

        /// <summary>Goes on by so many seconds; true, and the newest frame, if one was due.</summary>
        public bool Advance(double seconds, out Frame frame)
        {
            playedNs += (long)(seconds * 1e9);
            if (next >= records.Count && Loop)
            {
                next = 0;
                playedNs = 0;
            }
            for (; next < records.Count && dueNs[next] <= playedNs; next++)
                inbox.Take(records[next].Message, records[next].Message.Length, MonotonicClock.NowNs);
            return slot.TryTake(out frame);
        }

        /// <summary>
        /// When each message is due, as docs/wire.md says: spaced by the publisher's own stamps, from the first frame that
        /// is not RESENT; where another publisher goes on (an appended session), its first message follows at once.
        /// </summary>
        private static long[] Timeline(List<RecordedMessage> records)
        {
            var due = new long[records.Count];
            var scratch = new Frame();
            ulong streamId = 0;
            long? origin = null;
            long now = 0;
            for (int i = 0; i < due.Length; i++)
            {
                if (TryStamp(records[i].Message, scratch, out ulong id, out long sentNs, out bool fresh))
                {
                    if (id != streamId)
                    {
                        streamId = id;
                        origin = null;
                    }
                    if (origin == null && fresh) origin = sentNs - now;
                    if (origin != null) now = Math.Max(now, sentNs - origin.Value);
                }
                due[i] = now;
            }
            return due;
        }

        /// <summary>Who sent a message and when; fresh: it is a frame that is not RESENT.</summary>
        private static bool TryStamp(byte[] message, Frame scratch, out ulong streamId, out long sentNs, out bool fresh)
        {
            if (FrameDecoder.Decode(message, message.Length, scratch) == DecodeResult.Ok)
            {
                streamId = scratch.StreamId;
                sentNs = scratch.PublishedNs;
                fresh = (scratch.Flags & FrameFlags.Resent) == 0;
                return true;
            }
            bool read = Envelope.Read(message, message.Length, out Envelope envelope) == DecodeResult.Ok;
            streamId = envelope.StreamId;
            sentNs = envelope.SentNs;
            fresh = false;
            return read;
        }
    }
}
