using System;

namespace FaceLive
{
    /// <summary>
    /// The last frames of one face, and the values at any time between them. Interpolating costs the delay that is asked
    /// for; without it the newest values are taken as they are. Nothing is allocated once the buffers have grown.
    /// </summary>
    public sealed class FrameHistory
    {
        private const int Kept = 8;

        private readonly Face[] faces = new Face[Kept];
        private readonly long[] times = new long[Kept];
        private int newest = -1;
        private int count;

        public FrameHistory()
        {
            for (int i = 0; i < Kept; i++) faces[i] = new Face();
        }

        public bool Empty => count == 0;

        /// <summary>capturedNs: on the publisher's clock; a time before the last one (a new publisher) starts afresh.</summary>
        public void Push(Face face, long capturedNs)
        {
            bool other = count > 0 && (faces[newest].Id != face.Id || faces[newest].WeightCount != face.WeightCount);
            if (other || (count > 0 && capturedNs < times[newest])) count = 0;
            newest = (newest + 1) % Kept;
            faces[newest].CopyFrom(face);
            times[newest] = capturedNs;
            if (count < Kept) count++;
        }

        public void Clear() => count = 0;

        /// <summary>The newest values. Throws InvalidOperationException if there are none.</summary>
        public void Latest(Face into)
        {
            if (count == 0) throw new InvalidOperationException("no frame yet");
            into.CopyFrom(faces[newest]);
        }

        /// <summary>The values at a time; before the oldest and after the newest frame those stand still.</summary>
        public void At(long timeNs, Face into)
        {
            Latest(into);
            int later = newest;
            for (int i = 1; i < count && times[later] > timeNs; i++)
            {
                int earlier = (newest - i + Kept) % Kept;
                if (times[earlier] <= timeNs && times[later] > times[earlier])
                {
                    float share = (float)((timeNs - times[earlier]) / (double)(times[later] - times[earlier]));
                    Mix(faces[earlier], faces[later], share, into);
                    return;
                }
                later = earlier;
            }
            if (times[later] >= timeNs) into.CopyFrom(faces[later]);
        }

        private static void Mix(Face a, Face b, float t, Face into)
        {
            into.CopyFrom(b);
            for (int i = 0; i < b.WeightCount; i++) into.Weights[i] = Lerp(a.Weights[i], b.Weights[i], t);
            into.X = Lerp(a.X, b.X, t);
            into.Y = Lerp(a.Y, b.Y, t);
            into.Z = Lerp(a.Z, b.Z, t);
            into.LeftGazeYaw = Lerp(a.LeftGazeYaw, b.LeftGazeYaw, t);
            into.LeftGazePitch = Lerp(a.LeftGazePitch, b.LeftGazePitch, t);
            into.RightGazeYaw = Lerp(a.RightGazeYaw, b.RightGazeYaw, t);
            into.RightGazePitch = Lerp(a.RightGazePitch, b.RightGazePitch, t);
            MixRotation(a, b, t, into);
        }

        /// <summary>Normalised linear interpolation: frames are close together, the arc is short.</summary>
        private static void MixRotation(Face a, Face b, float t, Face into)
        {
            float dot = a.RotationX * b.RotationX + a.RotationY * b.RotationY + a.RotationZ * b.RotationZ
                + a.RotationW * b.RotationW;
            float s = dot < 0f ? -(1f - t) : 1f - t;
            float x = s * a.RotationX + t * b.RotationX;
            float y = s * a.RotationY + t * b.RotationY;
            float z = s * a.RotationZ + t * b.RotationZ;
            float w = s * a.RotationW + t * b.RotationW;
            float norm = (float)Math.Sqrt(x * x + y * y + z * z + w * w);
            if (norm < 1e-6f) return;
            into.RotationX = x / norm;
            into.RotationY = y / norm;
            into.RotationZ = z / norm;
            into.RotationW = w / norm;
        }

        private static float Lerp(float a, float b, float t) => a + (b - a) * t;
    }
}
