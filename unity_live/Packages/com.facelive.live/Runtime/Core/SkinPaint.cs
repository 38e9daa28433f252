using System;
using System.Collections.Generic;
using UnityEngine;

namespace FaceLive
{
    /// <summary>
    /// The skin's texture from colours and styles: lips, beard, brows and a shaved scalp over the skin colour, times the tint
    /// of bare skin. Sums in linear light, as rig/facelive/rig/appearance does.
    /// </summary>
    internal sealed class SkinPaint
    {
        private const int Steps = 4096;
        private static byte[] toSrgb;

        private readonly int size, tintSide;
        private readonly float[] tint;
        private readonly Dictionary<string, PaintMask> masks = new Dictionary<string, PaintMask>();
        private readonly Color32[] pixels;
        private readonly float[] row;
        private readonly List<Layer> layers = new List<Layer>();
        private Color skin;
        private int next = int.MaxValue;

        public SkinPaint(HeadFile file)
        {
            size = file.Whole("texture", 4096);
            tintSide = file.Whole("tint_side", size);
            float one = file.Whole("tint_one", 255);
            tint = (float[])file["tint"].Clone();
            for (int i = 0; i < tint.Length; i++) tint[i] /= one;
            foreach (JsonValue line in file.List("masks"))
            {
                var mask = new PaintMask(file, line);
                masks[mask.Name] = mask;
            }
            pixels = new Color32[size * size];
            row = new float[3 * size];
        }

        public int Size => size;

        /// <summary>What was painted, in Texture2D's order: rows from below. The array is reused.</summary>
        public Color32[] Pixels => pixels;

        /// <summary>Nothing is left to paint.</summary>
        public bool Done => next >= size;

        public void Begin(AvatarLook look)
        {
            Color hair = Linear(look.Hair);
            skin = Linear(look.Skin);
            next = 0;
            layers.Clear();
            Add("lips", Linear(look.Lip), 0.92f);
            // Beards are a little redder than the hair, brows a little darker.
            Add("beard:" + look.Beard, new Color(hair.r * 0.935f, hair.g * 0.816f, hair.b * 0.782f), 0.95f);
            Add("brow:" + look.Brow, new Color(hair.r * 0.75f, hair.g * 0.75f, hair.b * 0.75f), 0.92f);
            float share = look.HairStyle == "bald" ? 0f : look.HairStyle == "buzz" ? 0.55f : look.HairStyle == "receding" ? 0.35f : 0.7f;
            Add("scalp", new Color(hair.r * 0.7f, hair.g * 0.7f, hair.b * 0.7f), share);
        }

        /// <summary>Paints some rows more: a whole texture at once would be seen as a jerk.</summary>
        public void Step(int rows)
        {
            for (int end = Math.Min(size, next + rows); next < end; next++) PaintRow(next);
        }

        private void Add(string mask, Color colour, float share)
        {
            if (share > 0f && masks.TryGetValue(mask, out PaintMask found)) layers.Add(new Layer(found, colour, share / 255f));
        }

        private void PaintRow(int y)
        {
            for (int x = 0; x < row.Length; x += 3)
            {
                row[x] = skin.r;
                row[x + 1] = skin.g;
                row[x + 2] = skin.b;
            }
            foreach (Layer layer in layers)
            {
                PaintMask mask = layer.Mask;
                if (y < mask.Y || y >= mask.Y + mask.Height) continue;
                int from = (y - mask.Y) * mask.Width;
                for (int x = 0; x < mask.Width; x++)
                {
                    float cover = mask.Values[from + x] * layer.Share;
                    if (cover <= 0f) continue;
                    int at = 3 * (mask.X + x);
                    row[at] += cover * (layer.Colour.r - row[at]);
                    row[at + 1] += cover * (layer.Colour.g - row[at + 1]);
                    row[at + 2] += cover * (layer.Colour.b - row[at + 2]);
                }
            }
            byte[] table = toSrgb ?? (toSrgb = Table());
            int tintRow = y * tintSide / size * tintSide, into = (size - 1 - y) * size;
            for (int x = 0; x < size; x++)
            {
                int t = 3 * (tintRow + x * tintSide / size);
                pixels[into + x] = new Color32(
                    table[Step(row[3 * x] * tint[t])], table[Step(row[3 * x + 1] * tint[t + 1])],
                    table[Step(row[3 * x + 2] * tint[t + 2])], 255);
            }
        }

        // Squared spacing: sRGB is steep where it is dark.
        private static int Step(float linear) => linear >= 1f ? Steps - 1 : linear <= 0f ? 0 : (int)(Math.Sqrt(linear) * (Steps - 1) + 0.5);

        private static byte[] Table()
        {
            var table = new byte[Steps];
            for (int i = 0; i < Steps; i++)
            {
                double linear = (double)i / (Steps - 1) * i / (Steps - 1);
                double srgb = linear <= 0.0031308 ? linear * 12.92 : 1.055 * Math.Pow(linear, 1 / 2.4) - 0.055;
                table[i] = (byte)(int)Math.Round(255.0 * srgb);
            }
            return table;
        }

        private static Color Linear(Color srgb) => new Color(Linear(srgb.r), Linear(srgb.g), Linear(srgb.b));

        private static float Linear(float value)
        {
            double v = Mathf.Clamp01(value);
            return (float)(v <= 0.04045 ? v / 12.92 : Math.Pow((v + 0.055) / 1.055, 2.4));
        }

        private struct Layer
        {
            public readonly PaintMask Mask;
            public readonly Color Colour;
            public readonly float Share;

            public Layer(PaintMask mask, Color colour, float share)
            {
                Mask = mask;
                Colour = colour;
                Share = share;
            }
        }
    }
}
