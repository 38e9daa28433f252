using System;
using UnityEngine;

namespace FaceLive
{
    /// <summary>A spectacle frame for eyes 63 mm apart; metres. Twin of Design in rig/facelive/rig/glasses_shape.py.</summary>
    internal sealed class GlassesDesign
    {
        public readonly string Name;
        public readonly float HalfWidth, HalfHeight, Power, Sink, Rim, Depth;
        public readonly Color Colour;

        /// <summary>Throws FormatException if the document is no design.</summary>
        public GlassesDesign(JsonValue row)
        {
            if (row["name"] == null || !row["name"].TryText(out Name)) throw new FormatException("the head's glasses have no name");
            HalfWidth = HeadFile.Number(row["half_width"], "glasses");
            HalfHeight = HeadFile.Number(row["half_height"], "glasses");
            Power = HeadFile.Number(row["power"], "glasses");
            Sink = HeadFile.Number(row["sink"], "glasses");
            Rim = HeadFile.Number(row["rim"], "glasses");
            Depth = HeadFile.Number(row["depth"], "glasses");
            JsonValue rgb = row["rgb"];
            if (rgb == null || rgb.Kind != JsonKind.List || rgb.Items.Count != 3)
                throw new FormatException("the head's glasses have no colour");
            Colour = new Color(
                HeadFile.Number(rgb.Items[0], "glasses"), HeadFile.Number(rgb.Items[1], "glasses"),
                HeadFile.Number(rgb.Items[2], "glasses"));
        }

        /// <summary>Below 1 inside the left lens grown by a margin.</summary>
        public float Inside(float x, float y, float margin) =>
            (float)(Math.Pow(Math.Abs(x) / (HalfWidth + margin), Power) + Math.Pow(Math.Abs(y) / (HalfHeight + margin), Power));
    }
}
