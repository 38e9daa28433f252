using System;

namespace FaceLive
{
    /// <summary>One person at one instant. Buffers are reused: copy what you keep.</summary>
    public sealed class Face
    {
        public uint Id;
        public FaceFlags Flags;

        /// <summary>Revision of this face's avatar; 0 while none has been published.</summary>
        public uint AvatarRevision;

        /// <summary>0 .. 1.</summary>
        public float Confidence;

        /// <summary>Head rotation in the head frame (right-handed, +x to the subject's left), unit quaternion.</summary>
        public float RotationX, RotationY, RotationZ, RotationW = 1f;

        /// <summary>Head position, metres, head frame.</summary>
        public float X, Y, Z;

        /// <summary>Radians, relative to the head.</summary>
        public float LeftGazeYaw, LeftGazePitch, RightGazeYaw, RightGazePitch;

        /// <summary>The schema's expression group, in order. Only the first <see cref="WeightCount"/> are valid.</summary>
        public float[] Weights = Array.Empty<float>();

        public int WeightCount;

        public bool Tracked => (Flags & FaceFlags.Tracked) != 0;

        public bool Lost => (Flags & FaceFlags.Lost) != 0;

        /// <summary>Grows the weights when they are too small; never shrinks them.</summary>
        public void Reserve(int count)
        {
            if (Weights.Length < count) Weights = new float[count];
            WeightCount = count;
        }

        public void CopyFrom(Face other)
        {
            Reserve(other.WeightCount);
            Array.Copy(other.Weights, Weights, other.WeightCount);
            Id = other.Id;
            Flags = other.Flags;
            AvatarRevision = other.AvatarRevision;
            Confidence = other.Confidence;
            RotationX = other.RotationX;
            RotationY = other.RotationY;
            RotationZ = other.RotationZ;
            RotationW = other.RotationW;
            X = other.X;
            Y = other.Y;
            Z = other.Z;
            LeftGazeYaw = other.LeftGazeYaw;
            LeftGazePitch = other.LeftGazePitch;
            RightGazeYaw = other.RightGazeYaw;
            RightGazePitch = other.RightGazePitch;
        }
    }

    /// <summary>One instant of the stream. Times are nanoseconds of the publisher's clock unless a comment says so.</summary>
    public sealed class Frame
    {
        private Face[] faces = Array.Empty<Face>();

        public FrameFlags Flags;
        public ulong SchemaHash;
        public ulong StreamId;

        /// <summary>Counts published frames from 1; a gap means frames that did not arrive here.</summary>
        public ulong Sequence;

        public ulong ClockId;
        public long CapturedNs;
        public long InferredNs;
        public long PublishedNs;

        /// <summary>When it arrived, on this process's <see cref="MonotonicClock"/>; not on the wire.</summary>
        public long ReceivedNs;

        /// <summary>Written, not yet read: used by <see cref="LatestSlot"/>.</summary>
        internal volatile bool Fresh;

        public int FaceCount { get; private set; }

        /// <summary>The main person is face 0.</summary>
        public Face GetFace(int index)
        {
            if ((uint)index >= (uint)FaceCount) throw new ArgumentOutOfRangeException(nameof(index));
            return faces[index];
        }

        internal void Reserve(int count, int weights)
        {
            if (faces.Length < count)
            {
                int old = faces.Length;
                Array.Resize(ref faces, count);
                for (int i = old; i < count; i++) faces[i] = new Face();
            }
            for (int i = 0; i < count; i++) faces[i].Reserve(weights);
            FaceCount = count;
        }

        internal void Clear() => FaceCount = 0;

        public void CopyFrom(Frame other)
        {
            Reserve(other.FaceCount, 0);
            for (int i = 0; i < other.FaceCount; i++) faces[i].CopyFrom(other.faces[i]);
            Flags = other.Flags;
            SchemaHash = other.SchemaHash;
            StreamId = other.StreamId;
            Sequence = other.Sequence;
            ClockId = other.ClockId;
            CapturedNs = other.CapturedNs;
            InferredNs = other.InferredNs;
            PublishedNs = other.PublishedNs;
            ReceivedNs = other.ReceivedNs;
        }
    }
}
