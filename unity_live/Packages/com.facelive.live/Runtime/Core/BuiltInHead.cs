using UnityEngine;

namespace FaceLive
{
    /// <summary>
    /// What the built-in head needs beyond its map: macro sliders, which weigh corner shapes by products, and the colours of
    /// its surfaces, which follow from colours and styles together. Made by <see cref="HeadBuilder"/>.
    /// </summary>
    [AddComponentMenu("")]
    public sealed class BuiltInHead : MonoBehaviour, IAvatarExtension
    {
        public AvatarMap map;
        public SkinnedMeshRenderer skin;

        [Tooltip("First blend shape of the 48 corners.")]
        public int firstCorner;

        /// <summary>The weights that are built into the mesh.</summary>
        public float[] neutralCorners = new float[MacroWeights.Corners];

        public string[] macros = new string[0];
        public string[] surfaces = new string[0];

        private readonly float[] corners = new float[MacroWeights.Corners];

        public void ShowAvatar(Schema schema, float[] avatar)
        {
            ShowMacros(schema, avatar);
            Color skinColour = Of(schema, avatar, "skin", new Color(0.8f, 0.62f, 0.52f));
            Color hair = Of(schema, avatar, "hair", new Color(0.22f, 0.15f, 0.1f));
            for (int i = 0; i < surfaces.Length && i < skin.sharedMaterials.Length; i++)
            {
                Color colour = ColourOf(surfaces[i], schema, avatar, skinColour, hair);
                skin.sharedMaterials[i].color = colour;
            }
        }

        private void ShowMacros(Schema schema, float[] avatar)
        {
            var values = new float[macros.Length];
            for (int i = 0; i < values.Length; i++)
            {
                int at = schema.AvatarIndex(macros[i]);
                if (at < 0) return;
                values[i] = avatar[at];
            }
            MacroWeights.Fill(values, corners);
            for (int i = 0; i < corners.Length; i++)
                skin.SetBlendShapeWeight(firstCorner + i, 100f * (corners[i] - neutralCorners[i]));
        }

        private static Color ColourOf(string surface, Schema schema, float[] avatar, Color skinColour, Color hair)
        {
            switch (surface)
            {
                case "lips": return Of(schema, avatar, "lip", skinColour);
                case "iris": return Of(schema, avatar, "iris", Color.grey);
                case "brows": return Mix(skinColour, hair, Chosen(schema, avatar, "brow:sparse") ? 0.4f : 0.75f);
                case "scalp":
                    float cover = Chosen(schema, avatar, "hair:bald") ? 0f : Chosen(schema, avatar, "hair:buzz") ? 0.6f : 1f;
                    return Mix(skinColour, hair, cover);
                case "beard":
                    float grown = Chosen(schema, avatar, "beard:none") ? 0f : Chosen(schema, avatar, "beard:stubble") ? 0.3f : 0.9f;
                    return Mix(skinColour, hair, grown);
                case "eyeWhite": return new Color(0.93f, 0.92f, 0.9f);
                case "pupil": return new Color(0.02f, 0.02f, 0.02f);
                case "teeth": return new Color(0.9f, 0.87f, 0.8f);
                case "tongue": return new Color(0.7f, 0.35f, 0.35f);
                case "lashes": return new Color(0.08f, 0.06f, 0.05f);
                case "innerMouth": return new Color(0.35f, 0.13f, 0.13f);
                default: return skinColour;
            }
        }

        private static Color Of(Schema schema, float[] avatar, string colour, Color fallback)
        {
            int at = schema.AvatarIndex(colour + ":r");
            return at < 0 || at + 2 >= avatar.Length ? fallback : new Color(avatar[at], avatar[at + 1], avatar[at + 2]);
        }

        private static bool Chosen(Schema schema, float[] avatar, string column)
        {
            int at = schema.AvatarIndex(column);
            return at >= 0 && avatar[at] > 0.5f;
        }

        private static Color Mix(Color a, Color b, float t) =>
            new Color(a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t);
    }
}
