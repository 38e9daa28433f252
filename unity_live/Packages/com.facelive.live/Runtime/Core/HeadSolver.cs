using UnityEngine;

namespace FaceLive
{
    /// <summary>
    /// Identity in, vertices out, on the CPU: what hair and glasses are fitted to. The head itself is moved by its blend shapes
    /// and needs none of this. Head frame, metres; arrays are reused.
    /// </summary>
    internal sealed class HeadSolver
    {
        private readonly HeadFile file;
        private readonly string[] macros, sliders;
        private readonly float[] zero, coarse, fine;
        private readonly float[] values = new float[6];
        private readonly float[] corners = new float[MacroWeights.Corners];
        private float[] restNormals;

        public HeadSolver(HeadFile file)
        {
            this.file = file;
            macros = file.Names("macros");
            sliders = file.Names("sliders");
            zero = file.Numbers("slider_zero");
            coarse = new float[file["mean"].Length];
            fine = new float[3 * file.FineCount];
        }

        /// <summary>(3 F) of the identity that was solved last.</summary>
        public float[] Fine => fine;

        /// <summary>(3 F) normals of the neutral head; hair is kept off along them.</summary>
        public float[] RestNormals
        {
            get
            {
                if (restNormals != null) return restNormals;
                float[] neutral = file.Schema.Neutral();
                var avatar = new float[file.Schema.AvatarNames.Count];
                for (int i = 0; i < avatar.Length; i++) avatar[i] = neutral[file.Schema.IndexOf(file.Schema.AvatarNames[i])];
                Solve(file.Schema, avatar);
                return restNormals = HeadMath.Normals(fine, file["triangles"]);
            }
        }

        /// <summary>avatar: in the order of schema.AvatarNames; sliders that the schema lacks stay at their zero.</summary>
        public void Solve(Schema schema, float[] avatar)
        {
            float[] mean = file["mean"];
            mean.CopyTo(coarse, 0);
            for (int i = 0; i < macros.Length; i++) values[i] = Of(schema, avatar, macros[i], 0.5f);
            MacroWeights.Fill(values, corners);
            for (int c = 0; c < corners.Length; c++) HeadMath.AddCorner(file, c, corners[c], coarse);
            for (int i = 0; i < sliders.Length; i++)
            {
                float value = Of(schema, avatar, sliders[i], zero[i]) - zero[i];
                if (value > 0f) HeadMath.AddMorph(file, i, value / (1f - zero[i]), coarse);
                else if (zero[i] > 0f) HeadMath.AddMorph(file, sliders.Length + i, -value / zero[i], coarse);
            }
            HeadMath.Refine(file, coarse, fine);
        }

        /// <summary>Centre of the left (0) or right (1) eyeball of the identity that was solved last.</summary>
        public Vector3 EyeCentre(int eye) => HeadMath.EyeCentre(file, coarse, eye);

        private static float Of(Schema schema, float[] avatar, string name, float fallback)
        {
            int at = schema.AvatarIndex(name);
            return at < 0 ? fallback : avatar[at];
        }
    }
}
