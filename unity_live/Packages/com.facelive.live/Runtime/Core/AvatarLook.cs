using UnityEngine;

namespace FaceLive
{
    /// <summary>Styles and colours of an avatar's values. What the schema lacks gets a plain default.</summary>
    internal struct AvatarLook
    {
        public readonly string Brow, Beard, HairStyle, Glasses;
        public readonly Color Skin, Hair, Iris, Lip;

        public AvatarLook(Schema schema, float[] avatar)
        {
            Brow = Chosen(schema, avatar, "brow", "natural");
            Beard = Chosen(schema, avatar, "beard", "none");
            HairStyle = Chosen(schema, avatar, "hair", "bald");
            Glasses = Chosen(schema, avatar, "glasses", "none");
            Skin = Colour(schema, avatar, "skin", new Color(0.8f, 0.62f, 0.52f));
            Hair = Colour(schema, avatar, "hair", new Color(0.22f, 0.15f, 0.1f));
            Iris = Colour(schema, avatar, "iris", new Color(0.36f, 0.26f, 0.18f));
            Lip = Colour(schema, avatar, "lip", new Color(0.7f, 0.42f, 0.4f));
        }

        /// <summary>The skin's texture would be the same.</summary>
        public bool SamePaint(AvatarLook other) =>
            Brow == other.Brow && Beard == other.Beard && HairStyle == other.HairStyle && Same(Skin, other.Skin)
            && Same(Hair, other.Hair) && Same(Lip, other.Lip);

        private static bool Same(Color a, Color b) => a.r == b.r && a.g == b.g && a.b == b.b;

        /// <summary>The option with the largest value.</summary>
        private static string Chosen(Schema schema, float[] avatar, string style, string fallback)
        {
            foreach (Schema.Member member in schema.Styles)
            {
                if (member.Name != style) continue;
                string best = fallback;
                float largest = float.NegativeInfinity;
                for (int i = member.Start; i < member.Start + member.Count; i++)
                {
                    string name = schema.Parameters[i].Name;
                    int at = schema.AvatarIndex(name);
                    if (at < 0 || avatar[at] <= largest) continue;
                    largest = avatar[at];
                    best = name.Substring(name.IndexOf(':') + 1);
                }
                return best;
            }
            return fallback;
        }

        private static Color Colour(Schema schema, float[] avatar, string colour, Color fallback)
        {
            int r = schema.AvatarIndex(colour + ":r"), g = schema.AvatarIndex(colour + ":g"), b = schema.AvatarIndex(colour + ":b");
            return r < 0 || g < 0 || b < 0 ? fallback : new Color(avatar[r], avatar[g], avatar[b]);
        }
    }
}
