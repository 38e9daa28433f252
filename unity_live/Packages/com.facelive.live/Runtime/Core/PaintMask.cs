using System;

namespace FaceLive
{
    /// <summary>Where something is painted on the skin: a box of bytes in its texture, first row on top.</summary>
    internal sealed class PaintMask
    {
        public readonly string Name;
        public readonly int X, Y, Width, Height;
        public readonly float[] Values;

        /// <summary>row: name, x, y. Throws FormatException if it is none.</summary>
        public PaintMask(HeadFile file, JsonValue row)
        {
            if (row.Kind != JsonKind.List || row.Items.Count != 3 || !row.Items[0].TryText(out Name)
                || !row.Items[1].TryInteger(out long x) || !row.Items[2].TryInteger(out long y)
                || x < 0 || y < 0 || x > 4096 || y > 4096) throw new FormatException("the head's masks are damaged");
            X = (int)x;
            Y = (int)y;
            Values = file["mask/" + Name];
            int[] shape = file.Shape("mask/" + Name);
            if (shape.Length != 2) throw new FormatException("the head's mask " + Name + " is no picture");
            Height = shape[0];
            Width = shape[1];
        }
    }
}
