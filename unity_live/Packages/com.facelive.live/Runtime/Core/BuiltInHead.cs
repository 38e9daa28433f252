using System;
using UnityEngine;

namespace FaceLive
{
    /// <summary>
    /// What the built-in head needs beyond its map: macro sliders, which weigh corner shapes by products, the paint of its
    /// skin, and hair and glasses that fit the identity. Made by <see cref="HeadBuilder"/>.
    /// </summary>
    [AddComponentMenu("")]
    public sealed class BuiltInHead : MonoBehaviour, IAvatarExtension
    {
        public AvatarMap map;
        public SkinnedMeshRenderer skin;
        public SkinnedMeshRenderer hair;
        public SkinnedMeshRenderer glasses;

        [Tooltip("First blend shape of the 48 corners.")]
        public int firstCorner;

        /// <summary>The weights that are built into the mesh.</summary>
        public float[] neutralCorners = new float[MacroWeights.Corners];

        public string[] macros = new string[0];
        public string[] surfaces = new string[0];

        private const int RowsPerFrame = 128;

        private readonly float[] corners = new float[MacroWeights.Corners];
        private HeadFile file;
        private HeadWorn worn;
        private SkinPaint paint;
        private Texture2D texture;
        private AvatarLook painted;

        /// <summary>The file that the head was built from; read again after scripts were reloaded.</summary>
        internal HeadFile File
        {
            get => file ?? (file = HeadBuilder.Load());
            set => file = value;
        }

        public void ShowAvatar(Schema schema, float[] avatar)
        {
            var look = new AvatarLook(schema, avatar);
            ShowMacros(schema, avatar);
            ShowSurfaces(look);
            ShowPaint(look);
            if (worn == null) worn = new HeadWorn(File, hair, glasses);
            worn.Show(schema, avatar, look);
        }

        /// <summary>Finishes what would be painted over the next frames: a picture is about to be taken.</summary>
        public void FinishPaint() => Paint(int.MaxValue);

        private void Update() => Paint(RowsPerFrame);

        private void Paint(int rows)
        {
            if (paint == null || paint.Done) return;
            paint.Step(Math.Min(rows, paint.Size));
            if (paint.Done) Upload();
        }

        private void OnDestroy()
        {
            if (texture != null) DestroyImmediate(texture);
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

        private void ShowSurfaces(AvatarLook look)
        {
            Material[] materials = skin.sharedMaterials;
            for (int i = 0; i < surfaces.Length && i < materials.Length; i++)
                materials[i].color = surfaces[i] == "iris" ? look.Iris : ColourOf(surfaces[i]);
        }

        private void ShowPaint(AvatarLook look)
        {
            if (texture != null && look.SamePaint(painted)) return;
            if (paint == null) paint = new SkinPaint(File);
            paint.Begin(look);
            painted = look;
            // Identities are refined while somebody looks: the old paint stays until the new one is dry.
            if (texture == null || !Application.isPlaying) FinishPaint();
        }

        private void Upload()
        {
            int at = Array.IndexOf(surfaces, "skin");
            if (at < 0) return;
            if (texture == null)
                texture = new Texture2D(paint.Size, paint.Size, TextureFormat.RGBA32, true) { name = "facelive skin" };
            texture.SetPixels32(paint.Pixels);
            texture.Apply();
            skin.sharedMaterials[at].mainTexture = texture;
        }

        private static Color ColourOf(string surface)
        {
            switch (surface)
            {
                case "eyeWhite": return new Color(0.93f, 0.92f, 0.9f);
                case "pupil": return new Color(0.02f, 0.02f, 0.02f);
                case "teeth": return new Color(0.9f, 0.87f, 0.8f);
                case "tongue": return new Color(0.7f, 0.35f, 0.35f);
                case "lashes": return new Color(0.08f, 0.06f, 0.05f);
                case "innerMouth": return new Color(0.35f, 0.13f, 0.13f);
                // The skin's colour is in its texture.
                default: return Color.white;
            }
        }
    }
}
