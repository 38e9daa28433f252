using System;
using System.Collections.Concurrent;

namespace FaceLive
{
    /// <summary>What becomes of the messages of a stream; used by the receiving thread, and by replay and the tests.</summary>
    public sealed class StreamInbox
    {
        private readonly LatestSlot slot;
        private readonly ConcurrentQueue<EventMessage> events;
        private readonly ConcurrentDictionary<uint, AvatarMessage> avatars;
        private readonly ConcurrentDictionary<uint, byte[]> avatarMessages = new ConcurrentDictionary<uint, byte[]>();
        private readonly int maximumEvents;
        private volatile Schema schema;
        private volatile StateMessage state;
        private volatile Action<byte[], int> tap;

        public StreamInbox(
            LatestSlot slot, ConcurrentQueue<EventMessage> events, ConcurrentDictionary<uint, AvatarMessage> avatars,
            int maximumEvents)
        {
            this.slot = slot;
            this.events = events;
            this.avatars = avatars;
            this.maximumEvents = maximumEvents;
        }

        public readonly StreamCounters Counters = new StreamCounters();

        public readonly ClockSync Clock = new ClockSync();

        public Schema Schema => schema;

        public StateMessage State => state;

        /// <summary>A new tap first gets the avatars that came before it: they are sent only when they change.</summary>
        public void SetTap(Action<byte[], int> next)
        {
            tap = next;
            if (next == null) return;
            foreach (byte[] message in avatarMessages.Values) next(message, message.Length);
        }

        /// <summary>A frame came whose schema is not known yet.</summary>
        internal bool WantsSchema { get; private set; }

        /// <summary>Something has been heard of the publisher that runs now.</summary>
        internal bool Heard { get; private set; }

        /// <summary>Goes up when another publisher is heard: pings start afresh.</summary>
        internal int Generation { get; private set; }

        /// <summary>One message of the data or status port, or of a recording.</summary>
        public DecodeResult Take(byte[] data, int length, long nowNs)
        {
            DecodeResult result = length >= 4 && Bytes.U32(data, 0) == Wire.FrameMagic
                ? TakeFrame(data, length, nowNs)
                : TakeEnvelope(data, length);
            if (result != DecodeResult.Ok) Counters.Refuse();
            else tap?.Invoke(data, length);
            return result;
        }

        /// <summary>An answer of the control port.</summary>
        public void TakeReply(byte[] data, int length, long nowNs)
        {
            if (!JsonReader.TryRead(data, 0, length, out JsonValue reply) || reply.Kind != JsonKind.Map)
            {
                Counters.Refuse();
                return;
            }
            JsonValue result = reply["result"];
            if (reply["ok"] == null || !reply["ok"].Boolean || result == null) return;
            if (result["replied_ns"] != null) TakePing(result, nowNs);
            else if (result["schema"] != null && result["hash"] != null && result["hash"].TryHex64(out ulong hash))
                TakeSchema(result["schema"], hash);
        }

        private DecodeResult TakeFrame(byte[] data, int length, long nowNs)
        {
            Frame frame = slot.Back;
            DecodeResult result = FrameDecoder.Decode(data, length, frame);
            if (result != DecodeResult.Ok) return result;
            frame.ReceivedNs = nowNs;
            Heard = true;
            if (Counters.Take(frame, Clock))
            {
                Clock.Reset();
                ForgetOthers(frame.StreamId);
                Generation++;
            }
            Schema known = schema;
            WantsSchema = known == null || known.Hash != frame.SchemaHash;
            slot.Publish();
            return DecodeResult.Ok;
        }

        /// <summary>Another publisher goes on. Its own avatars may have come before its first frame: these stay.</summary>
        private void ForgetOthers(ulong streamId)
        {
            foreach (AvatarMessage avatar in avatars.Values)
            {
                if (avatar.StreamId == streamId) continue;
                avatars.TryRemove(avatar.FaceId, out _);
                avatarMessages.TryRemove(avatar.FaceId, out _);
            }
        }

        private DecodeResult TakeEnvelope(byte[] data, int length)
        {
            DecodeResult result = Envelope.Read(data, length, out Envelope envelope);
            if (result != DecodeResult.Ok) return result;
            if (!JsonReader.TryRead(data, envelope.PayloadAt, envelope.PayloadLength, out JsonValue payload))
                return DecodeResult.BadPayload;
            Heard = true;
            switch (envelope.Magic)
            {
                case Wire.SchemaMagic:
                    return TakeSchema(payload, envelope.SchemaHash) ? DecodeResult.Ok : DecodeResult.BadPayload;
                case Wire.AvatarMagic:
                    AvatarMessage avatar = AvatarMessage.Read(envelope, payload);
                    if (avatar == null) return DecodeResult.BadPayload;
                    // A publisher has at most so many faces; a hostile one shall not fill the memory.
                    if (avatars.Count >= 4 * Wire.MaximumFaces)
                    {
                        avatars.Clear();
                        avatarMessages.Clear();
                    }
                    avatars[avatar.FaceId] = avatar;
                    var copy = new byte[length];
                    Buffer.BlockCopy(data, 0, copy, 0, length);
                    avatarMessages[avatar.FaceId] = copy;
                    return DecodeResult.Ok;
                case Wire.EventMagic:
                    EventMessage happened = EventMessage.Read(payload);
                    if (happened == null) return DecodeResult.BadPayload;
                    events.Enqueue(happened);
                    while (events.Count > maximumEvents && events.TryDequeue(out _))
                    {
                    }
                    return DecodeResult.Ok;
                default:
                    StateMessage heartbeat = StateMessage.Read(payload);
                    if (heartbeat == null) return DecodeResult.BadPayload;
                    state = heartbeat;
                    return DecodeResult.Ok;
            }
        }

        private bool TakeSchema(JsonValue document, ulong hash)
        {
            Schema known = schema;
            if (known != null && known.Hash == hash) return true;
            Schema read = SchemaJson.Read(document, out _);
            if (read == null || read.Hash != hash) return false;
            schema = read;
            return true;
        }

        private void TakePing(JsonValue result, long nowNs)
        {
            if (result["sent_ns"] == null || !result["sent_ns"].TryInteger(out long sent)) return;
            if (result["received_ns"] == null || !result["received_ns"].TryInteger(out long received)) return;
            if (!result["replied_ns"].TryInteger(out long replied)) return;
            Clock.Add(new Ping { SentNs = sent, ReceivedNs = received, RepliedNs = replied, ReturnedNs = nowNs });
        }
    }
}
