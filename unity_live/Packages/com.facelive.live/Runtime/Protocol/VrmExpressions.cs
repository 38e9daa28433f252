using System;
using System.Collections.Generic;

namespace FaceLive
{
    /// <summary>
    /// VRM's few expressions out of ARKit's many. The same formulas as stream/facelive/stream/sinks_vrm.py: a weighted sum
    /// of ARKit names, minus what speaks against it, clamped to 0 .. 1.
    /// </summary>
    public static class VrmExpressions
    {
        /// <summary>VRM1 names; <see cref="Vrm0Name"/> gives those of VRM0.</summary>
        public static readonly IReadOnlyDictionary<string, string> Formulas = new Dictionary<string, string>
        {
            ["aa"] = "1 jawOpen -0.6 mouthFunnel -0.6 mouthPucker -0.3 mouthSmileLeft -0.3 mouthSmileRight",
            ["ih"] = "0.4 mouthStretchLeft 0.4 mouthStretchRight 0.25 mouthSmileLeft 0.25 mouthSmileRight",
            ["ou"] = "0.9 mouthPucker",
            ["ee"] = "0.35 mouthUpperUpLeft 0.35 mouthUpperUpRight 0.35 mouthLowerDownLeft 0.35 mouthLowerDownRight",
            ["oh"] = "0.9 mouthFunnel 0.2 jawOpen",
            ["blinkLeft"] = "1 eyeBlinkLeft",
            ["blinkRight"] = "1 eyeBlinkRight",
            ["happy"] = "0.5 mouthSmileLeft 0.5 mouthSmileRight",
            ["angry"] = "0.4 browDownLeft 0.4 browDownRight 0.2 noseSneerLeft 0.2 noseSneerRight",
            ["sad"] = "0.4 mouthFrownLeft 0.4 mouthFrownRight 0.3 browInnerUp",
            ["surprised"] = "0.35 browOuterUpLeft 0.35 browOuterUpRight 0.25 eyeWideLeft 0.25 eyeWideRight",
            ["relaxed"] = "0.25 eyeSquintLeft 0.25 eyeSquintRight 0.25 mouthDimpleLeft 0.25 mouthDimpleRight",
        };

        private static readonly Dictionary<string, string> Old = new Dictionary<string, string>
        {
            ["aa"] = "A", ["ih"] = "I", ["ou"] = "U", ["ee"] = "E", ["oh"] = "O", ["blinkLeft"] = "Blink_L",
            ["blinkRight"] = "Blink_R", ["happy"] = "Joy", ["angry"] = "Angry", ["sad"] = "Sorrow", ["relaxed"] = "Fun",
        };

        /// <summary>The VRM0 name of a VRM1 expression; null if VRM0 has none.</summary>
        public static string Vrm0Name(string name) => Old.TryGetValue(name, out string old) ? old : null;

        /// <summary>The VRM1 name of either name, whatever its case; null if it is none of VRM's.</summary>
        public static string Canonical(string name)
        {
            foreach (string known in Formulas.Keys)
            {
                string old = Vrm0Name(known);
                if (string.Equals(name, known, StringComparison.OrdinalIgnoreCase)
                    || string.Equals(name, old, StringComparison.OrdinalIgnoreCase)) return known;
            }
            return null;
        }

        /// <summary>A formula made ready for a schema: positions in a face's weights and their factors.</summary>
        public static Sum Resolve(string formula, Schema schema)
        {
            string[] words = formula.Split(' ');
            var found = new List<int>();
            var factors = new List<float>();
            for (int i = 0; i + 1 < words.Length; i += 2)
            {
                int at = schema.ExpressionIndex(words[i + 1]);
                if (at < 0) continue;
                found.Add(at);
                factors.Add(float.Parse(words[i], System.Globalization.CultureInfo.InvariantCulture));
            }
            return new Sum(found.ToArray(), factors.ToArray());
        }

        /// <summary>A clamped weighted sum.</summary>
        public sealed class Sum
        {
            private readonly int[] at;
            private readonly float[] factors;

            internal Sum(int[] at, float[] factors)
            {
                this.at = at;
                this.factors = factors;
            }

            public float Of(float[] weights)
            {
                float sum = 0f;
                for (int i = 0; i < at.Length; i++) sum += factors[i] * weights[at[i]];
                return sum < 0f ? 0f : sum > 1f ? 1f : sum;
            }
        }
    }
}
