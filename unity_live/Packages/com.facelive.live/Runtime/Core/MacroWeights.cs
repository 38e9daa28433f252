using UnityEngine;

namespace FaceLive
{
    /// <summary>How gender, age, weight, muscle and race weigh the 48 corner shapes; twin of rig/facelive/rig/macro.py.</summary>
    public static class MacroWeights
    {
        public const int Corners = 48;

        /// <summary>macros: gender, age, weight, muscle, african, asian in 0 .. 1.</summary>
        public static void Fill(float[] macros, float[] into)
        {
            var v = new float[6];
            for (int i = 0; i < 6; i++) v[i] = Mathf.Clamp01(macros[i]);
            float old = 0.4f * v[1] + 0.6f * v[1] * v[1];
            float[] person = { (1f - v[0]) * (1f - old), (1f - v[0]) * old, v[0] * (1f - old), v[0] * old };
            float[] race = { v[4], v[5], 2f * (1f - v[4]) * (1f - v[5]) };
            float sum = race[0] + race[1] + race[2];
            int at = 0;
            foreach (float share in race)
                foreach (float one in person) into[at++] = share / sum * one;
            float[] weight = Three(v[2]), muscle = Three(v[3]);
            foreach (float one in person)
                foreach (float w in weight)
                    foreach (float m in muscle) into[at++] = one * w * m;
        }

        /// <summary>Minimum, average, maximum at 0, 0.5, 1, linear between.</summary>
        private static float[] Three(float value) => new[]
        {
            Mathf.Max(1f - 2f * value, 0f), 1f - Mathf.Abs(2f * value - 1f), Mathf.Max(2f * value - 1f, 0f),
        };
    }
}
