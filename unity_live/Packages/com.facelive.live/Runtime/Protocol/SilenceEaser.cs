namespace FaceLive
{
    /// <summary>
    /// What to do when the stream itself falls silent (the publisher was killed): hold, then ease to neutral. A publisher
    /// that lives does this by itself and sends Lost faces.
    /// </summary>
    public sealed class SilenceEaser
    {
        private readonly double holdSeconds;
        private readonly double easeSeconds;

        public SilenceEaser(double holdSeconds = 0.3, double easeSeconds = 0.7)
        {
            this.holdSeconds = holdSeconds;
            this.easeSeconds = easeSeconds;
        }

        /// <summary>How much of the last values is left after so many seconds of silence: 1 while holding, then to 0.</summary>
        public float Share(double silentSeconds)
        {
            if (silentSeconds <= holdSeconds) return 1f;
            if (easeSeconds <= 0.0) return 0f;
            double t = (silentSeconds - holdSeconds) / easeSeconds;
            if (t >= 1.0) return 0f;
            return (float)(1.0 - t * t * (3.0 - 2.0 * t));
        }

        /// <summary>Moves a face towards rest: weights and gaze to 0, rotation to identity.</summary>
        public static void Apply(Face face, float share)
        {
            if (share >= 1f) return;
            for (int i = 0; i < face.WeightCount; i++) face.Weights[i] *= share;
            face.LeftGazeYaw *= share;
            face.LeftGazePitch *= share;
            face.RightGazeYaw *= share;
            face.RightGazePitch *= share;
            face.X *= share;
            face.Y *= share;
            face.Z *= share;
            float side = face.RotationW < 0f ? -1f : 1f;
            float w = 1f + (side * face.RotationW - 1f) * share;
            float x = side * face.RotationX * share, y = side * face.RotationY * share, z = side * face.RotationZ * share;
            float norm = (float)System.Math.Sqrt(x * x + y * y + z * z + w * w);
            face.RotationX = x / norm;
            face.RotationY = y / norm;
            face.RotationZ = z / norm;
            face.RotationW = w / norm;
        }
    }
}
