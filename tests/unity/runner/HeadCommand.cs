using System;
using System.IO;
using UnityEngine;

namespace FaceLive.Tests
{
    /// <summary>
    /// head HEAD_FILE PARAMETERS OUT: builds the built-in head, shows each vector of PARAMETERS (float32, schema order) through
    /// its map, and writes the vertices that Unity's blend shapes would give (float32, texture vertices, Unity's axes).
    /// </summary>
    internal static class HeadCommand
    {
        public static int Run(string[] args)
        {
            var file = new HeadFile(File.ReadAllBytes(args[0]));
            GameObject head = HeadBuilder.Build(file);
            var built = head.GetComponent<BuiltInHead>();
            Mesh mesh = built.skin.sharedMesh;
            int size = built.map.ToSchema().Parameters.Count;
            // The map says identity, style, colour and expression; pose has no entry.
            var binding = new AvatarBinding(built.map, head.transform, file.Schema);
            byte[] data = File.ReadAllBytes(args[1]);
            int width = file.Schema.Parameters.Count, count = data.Length / 4 / width;
            using (var output = new BinaryWriter(File.Create(args[2])))
            {
                for (int i = 0; i < count; i++)
                {
                    var vector = new float[width];
                    Buffer.BlockCopy(data, 4 * width * i, vector, 0, 4 * width);
                    binding.ApplyVector(vector, new Face());
                    foreach (Vector3 v in Deformed(built.skin, mesh))
                    {
                        output.Write(v.x);
                        output.Write(v.y);
                        output.Write(v.z);
                    }
                }
            }
            Json.Line(
                "shapes", mesh.blendShapeCount, "vertices", mesh.vertexCount, "parameters", size, "missing", binding.Missing,
                "inside_out", WornCommand.InsideOut(mesh), "skin", Text(built.skin.sharedMaterials[0].color), "head",
                Text(head.transform.Find("Head").localRotation), "bones", built.skin.bones.Length);
            return 0;
        }

        internal static Vector3[] Deformed(SkinnedMeshRenderer skin, Mesh mesh)
        {
            var sum = (Vector3[])mesh.vertices.Clone();
            for (int s = 0; s < mesh.blendShapeCount; s++)
            {
                float weight = skin.GetBlendShapeWeight(s) / 100f;
                if (weight == 0f) continue;
                Vector3[] delta = mesh.DeltaOf(mesh.GetBlendShapeName(s));
                for (int v = 0; v < sum.Length; v++) sum[v] += weight * delta[v];
            }
            return sum;
        }

        private static string Text(Color c) => FormattableString.Invariant($"{c.r:0.###} {c.g:0.###} {c.b:0.###}");

        private static string Text(Quaternion q) => FormattableString.Invariant($"{q.x:0.####} {q.y:0.####} {q.z:0.####} {q.w:0.####}");
    }
}
