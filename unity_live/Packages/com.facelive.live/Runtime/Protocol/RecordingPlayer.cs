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
            long start = records[0].AtNs;
            for (; next < records.Count && records[next].AtNs - start <= playedNs; next++)
                inbox.Take(records[next].Message, records[next].Message.Length, MonotonicClock.NowNs);
            return slot.TryTake(out frame);
        }
    }
}
