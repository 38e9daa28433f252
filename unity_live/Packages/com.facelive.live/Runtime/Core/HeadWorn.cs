using System.Collections.Generic;
using UnityEngine;

namespace FaceLive
{
    /// <summary>Hair and glasses of the built-in head: meshes that are made when a style is chosen and fitted when the identity changes.</summary>
    internal sealed class HeadWorn
    {
        // A material cuts at one height of the strands, so hair of different density is drawn by different ones:
        // triangles below each opacity go to the material that shows strands as for the second number.
        private static readonly float[] DensityBelow = { 0.3f, 0.525f, 0.825f, float.PositiveInfinity };
        private static readonly float[] DensityShown = { 0.2f, 0.4f, 0.65f, 1f };
        private const float Invisible = 0.1f, CutOff = 0.1f, TileMetres = 0.04f;

        private readonly HeadFile file;
        private readonly HeadSolver solver;
        private readonly SkinnedMeshRenderer hair, glasses;
        private readonly Dictionary<string, Texture2D> strands = new Dictionary<string, Texture2D>();
        private HairFit hairFit;
        private GlassesFit glassesFit;
        private string hairStyle = "", glassesStyle = "";

        public HeadWorn(HeadFile file, SkinnedMeshRenderer hair, SkinnedMeshRenderer glasses)
        {
            this.file = file;
            this.hair = hair;
            this.glasses = glasses;
            solver = new HeadSolver(file);
        }

        public void Show(Schema schema, float[] avatar, AvatarLook look)
        {
            bool newHair = hairStyle != look.HairStyle, newGlasses = glassesStyle != look.Glasses;
            if (newHair) ChooseHair(look.HairStyle);
            if (newGlasses) ChooseGlasses(look.Glasses);
            foreach (Material material in hair.sharedMaterials) material.color = look.Hair;
            if (hairFit == null && glassesFit == null) return;
            solver.Solve(schema, avatar);
            if (hairFit != null) FitHair();
            if (glassesFit != null) FitGlasses();
        }

        private void ChooseHair(string style)
        {
            hairStyle = style;
            bool known = System.Array.IndexOf(file.Names("hair"), style) >= 0;
            hairFit = known ? new HairFit(file, style, solver.RestNormals) : null;
            hair.gameObject.SetActive(known);
            if (!known) return;
            Mesh mesh = hair.sharedMesh;
            mesh.Clear();
            string name = "hair/" + style + "/";
            float[] normals = file[name + "normals"], uv = file[name + "uv"], follow = file[name + "follow"];
            int count = hairFit.Points.Length / 3;
            // Ordinary shaders draw one side only: every vertex stands there twice, facing out and in.
            mesh.vertices = new Vector3[2 * count];
            var facing = new Vector3[2 * count];
            var texture = new Vector2[2 * count];
            var weights = new BoneWeight[2 * count];
            float[] step = file.Numbers("hair_uv_step");
            for (int h = 0; h < 2 * count; h++)
            {
                int of = h % count;
                facing[h] = HeadMath.Mirrored(normals, of) * ((h < count ? 1f : -1f) / 127f);
                texture[h] = new Vector2(uv[2 * of] * step[0] / TileMetres, uv[2 * of + 1] * step[1]);
                float w = follow[of] / 255f;
                weights[h] = new BoneWeight { boneIndex0 = 1, weight0 = w, boneIndex1 = 0, weight1 = 1f - w };
            }
            mesh.normals = facing;
            mesh.uv = texture;
            mesh.boneWeights = weights;
            mesh.bindposes = new[] { Matrix4x4.identity, Matrix4x4.identity };
            AddHairTriangles(mesh, count);
            Texture2D picture = Strands(style == "curly" || style == "afro" ? "curled" : "straight");
            foreach (Material material in hair.sharedMaterials) material.mainTexture = picture;
        }

        private void AddHairTriangles(Mesh mesh, int count)
        {
            float[] triangles = hairFit.Triangles, opacity = file["hair/" + hairStyle + "/opacity"];
            var bins = new List<int>[DensityBelow.Length];
            for (int b = 0; b < bins.Length; b++) bins[b] = new List<int>();
            for (int t = 0; t < triangles.Length; t += 3)
            {
                int i = (int)triangles[t], j = (int)triangles[t + 1], k = (int)triangles[t + 2];
                float mean = (opacity[i] + opacity[j] + opacity[k]) / 765f;
                if (mean < Invisible) continue;
                int bin = 0;
                while (mean >= DensityBelow[bin]) bin++;
                // Mirrored, so the outside runs i, k, j.
                bins[bin].AddRange(new[] { i, k, j, count + i, count + j, count + k });
            }
            mesh.subMeshCount = bins.Length;
            for (int b = 0; b < bins.Length; b++) mesh.SetTriangles(bins[b].ToArray(), b);
        }

        private void FitHair()
        {
            hairFit.Fit(solver.Fine);
            int count = hairFit.Points.Length / 3;
            var points = new Vector3[2 * count];
            for (int h = 0; h < points.Length; h++) points[h] = HeadMath.Mirrored(hairFit.Points, h % count);
            hair.sharedMesh.vertices = points;
            hair.sharedMesh.RecalculateBounds();
        }

        private void ChooseGlasses(string style)
        {
            glassesStyle = style;
            glassesFit = null;
            foreach (JsonValue row in file.List("glasses"))
            {
                var design = new GlassesDesign(row);
                if (design.Name != style) continue;
                glassesFit = new GlassesFit(file, design);
                glasses.sharedMaterials[0].color = design.Colour;
            }
            glasses.gameObject.SetActive(glassesFit != null);
            glasses.sharedMesh.Clear();
        }

        private void FitGlasses()
        {
            glassesFit.Fit(solver.Fine, solver.EyeCentre(0), solver.EyeCentre(1));
            TubeMesh frame = glassesFit.Frame;
            int tubes = frame.Points.Count, lenses = glassesFit.Lenses.Length / 3;
            var points = new Vector3[tubes + lenses];
            var normals = new Vector3[tubes + lenses];
            var weights = new BoneWeight[tubes + lenses];
            for (int v = 0; v < points.Length; v++)
            {
                Vector3 normal = v < tubes ? frame.Normals[v] : Vector3.forward;
                points[v] = v < tubes
                    ? new Vector3(-frame.Points[v].x, frame.Points[v].y, frame.Points[v].z)
                    : HeadMath.Mirrored(glassesFit.Lenses, v - tubes);
                normals[v] = new Vector3(-normal.x, normal.y, normal.z);
                weights[v] = new BoneWeight { boneIndex0 = 1, weight0 = 1f };
            }
            Mesh mesh = glasses.sharedMesh;
            bool fresh = mesh.vertexCount != points.Length;
            mesh.vertices = points;
            mesh.normals = normals;
            if (fresh)
            {
                mesh.boneWeights = weights;
                mesh.bindposes = new[] { Matrix4x4.identity, Matrix4x4.identity };
                mesh.subMeshCount = 2;
                mesh.SetTriangles(Turned(frame.Triangles, 0), 0);
                mesh.SetTriangles(Turned(glassesFit.LensTriangles, tubes), 1);
            }
            mesh.RecalculateBounds();
        }

        private static int[] Turned(IReadOnlyList<int> triangles, int start)
        {
            var turned = new int[triangles.Count];
            for (int t = 0; t < turned.Length; t += 3)
            {
                turned[t] = start + triangles[t];
                turned[t + 1] = start + triangles[t + 2];
                turned[t + 2] = start + triangles[t + 1];
            }
            return turned;
        }

        private Texture2D Strands(string kind)
        {
            if (strands.TryGetValue(kind, out Texture2D found) && found != null) return found;
            Texture2D picture = HeadMaterials.Picture(file, "strands/" + kind, "facelive strands " + kind);
            strands[kind] = picture;
            return picture;
        }

        /// <summary>The materials of the hair, one per density.</summary>
        public static Material[] HairMaterials()
        {
            var materials = new Material[DensityShown.Length];
            for (int b = 0; b < materials.Length; b++) materials[b] = HeadMaterials.CutOut(CutOff / DensityShown[b]);
            return materials;
        }
    }
}
