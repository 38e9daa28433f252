using System.Collections.Generic;

namespace FaceLive
{
    /// <summary>Who one face is: identity, style and colour. Sent when it is first known and when it changes.</summary>
    public sealed class AvatarMessage
    {
        public ulong StreamId;
        public ulong SchemaHash;
        public uint FaceId;

        /// <summary>Counts the changes from 1.</summary>
        public uint Revision;

        public bool Locked;
        public float Confidence;

        /// <summary>In the order of Schema.AvatarNames.</summary>
        public float[] Values;

        /// <summary>Null if the payload is not an avatar.</summary>
        public static AvatarMessage Read(Envelope envelope, JsonValue payload)
        {
            var avatar = new AvatarMessage { StreamId = envelope.StreamId, SchemaHash = envelope.SchemaHash };
            if (!Fields.Unsigned(payload, "face_id", out avatar.FaceId)) return null;
            if (!Fields.Unsigned(payload, "revision", out avatar.Revision)) return null;
            if (payload["locked"] == null || !payload["locked"].TryBoolean(out avatar.Locked)) return null;
            if (!Fields.Number(payload, "confidence", out double confidence)) return null;
            avatar.Confidence = (float)(confidence < 0.0 ? 0.0 : confidence > 1.0 ? 1.0 : confidence);
            IReadOnlyList<JsonValue> items = payload["values"]?.Items;
            if (items == null || items.Count > Wire.MaximumValues) return null;
            avatar.Values = new float[items.Count];
            for (int i = 0; i < items.Count; i++)
            {
                if (!items[i].TryNumber(out double value) || value > float.MaxValue || value < -float.MaxValue) return null;
                avatar.Values[i] = (float)value;
            }
            return avatar;
        }
    }

    /// <summary>Something that happened once: found, lost, calibrated, source, recording, ended.</summary>
    public sealed class EventMessage
    {
        public string Kind;

        /// <summary>-1 if it concerns the whole stream.</summary>
        public long FaceId = -1;

        public string Text = "";

        /// <summary>On the publisher's clock.</summary>
        public long AtNs;

        /// <summary>Null if the payload is not an event.</summary>
        public static EventMessage Read(JsonValue payload)
        {
            var read = new EventMessage();
            if (payload["kind"] == null || !payload["kind"].TryText(out read.Kind)) return null;
            if (payload["text"] == null || !payload["text"].TryText(out read.Text)) return null;
            if (payload["at_ns"] == null || !payload["at_ns"].TryInteger(out read.AtNs)) return null;
            JsonValue face = payload["face_id"];
            if (face != null && face.Kind != JsonKind.Null)
            {
                if (!face.TryUnsigned32(out uint id)) return null;
                read.FaceId = id;
            }
            return read;
        }
    }

    /// <summary>The heartbeat: how the stream is doing. What a publisher does not say stays at its default.</summary>
    public sealed class StateMessage
    {
        public string Phase;
        public string Source = "";
        public string Notice = "";
        public double Fps;

        /// <summary>Capture to publish of the newest frame.</summary>
        public double AgeMs;

        public double CpuMsPerFrame;
        public long Frames;
        public long Dropped;

        /// <summary>Null if the payload is not a heartbeat.</summary>
        public static StateMessage Read(JsonValue payload)
        {
            var read = new StateMessage();
            if (payload["phase"] == null || !payload["phase"].TryText(out read.Phase)) return null;
            if (payload["source"] != null && payload["source"].TryText(out string source)) read.Source = source;
            if (payload["notice"] != null && payload["notice"].TryText(out string notice)) read.Notice = notice;
            Fields.Number(payload, "fps", out read.Fps);
            Fields.Number(payload, "age_ms", out read.AgeMs);
            Fields.Number(payload, "cpu_ms_per_frame", out read.CpuMsPerFrame);
            payload["frames"]?.TryInteger(out read.Frames);
            payload["dropped"]?.TryInteger(out read.Dropped);
            return read;
        }
    }

    internal static class Fields
    {
        public static bool Unsigned(JsonValue map, string name, out uint value)
        {
            value = 0;
            return map[name] != null && map[name].TryUnsigned32(out value);
        }

        public static bool Number(JsonValue map, string name, out double value)
        {
            value = 0.0;
            return map[name] != null && map[name].TryNumber(out value);
        }
    }
}
