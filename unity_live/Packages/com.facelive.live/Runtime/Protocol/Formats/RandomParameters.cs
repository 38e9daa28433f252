using System;

namespace FaceLive
{
    /// <summary>Random people for a data set; the Python twin (train/facelive/train/formats/random_set.py) draws the same.</summary>
    public static class RandomParameters
    {
        /// <summary>
        /// A vector in schema order. Identity and colours are drawn from their whole range, one column of each style is 1;
        /// expression and pose stay neutral, as the imitator wants them.
        /// </summary>
        public static float[] Draw(Schema schema, ulong seed, int index)
        {
            var random = SplitMix64.For(seed, index);
            float[] values = schema.Neutral();
            for (int i = 0; i < values.Length; i++)
            {
                Parameter parameter = schema.Parameters[i];
                if (parameter.Kind == ParameterKind.Style) values[i] = 0f;
                else if (parameter.Group == ParameterGroup.Identity || parameter.Group == ParameterGroup.Colour)
                    values[i] = Between(parameter, random.Unit());
            }
            foreach (Schema.Member style in schema.Styles) values[style.Start + random.Below(style.Count)] = 1f;
            return values;
        }

        /// <summary>
        /// The parameters that are rendered and written when noise is asked for. The original writes one vector and renders
        /// another, out of range; here the perturbed one is clamped, rendered and written.
        /// </summary>
        public static void Perturb(Schema schema, float[] values, float amount, ulong seed, int index)
        {
            if (amount <= 0f) return;
            var random = SplitMix64.For(seed ^ 0xA5A5A5A5A5A5A5A5UL, index);
            for (int i = 0; i < values.Length; i++)
            {
                Parameter parameter = schema.Parameters[i];
                bool moves = parameter.Kind != ParameterKind.Style
                    && (parameter.Group == ParameterGroup.Identity || parameter.Group == ParameterGroup.Colour);
                if (!moves) continue;
                float range = (float)parameter.Maximum - (float)parameter.Minimum;
                float moved = values[i] + (2f * random.Unit() - 1f) * amount * range;
                values[i] = Math.Min((float)parameter.Maximum, Math.Max((float)parameter.Minimum, moved));
            }
        }

        private static float Between(Parameter parameter, float unit)
        {
            float minimum = (float)parameter.Minimum;
            return minimum + ((float)parameter.Maximum - minimum) * unit;
        }
    }
}
