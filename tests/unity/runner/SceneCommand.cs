using System.IO;
using UnityEngine;

namespace FaceLive.Tests
{
    /// <summary>
    /// scene HEAD_FILE PARAMETERS FOLDER: every mesh of the built-in head for each vector, with its materials, for
    /// unity_live/tools/draw_docs.py: FOLDER/i.scene. Per submesh: int32 counts and float32 arrays in Unity's axes, colour, cut-off, texture.
    /// </summary>
    internal static class SceneCommand
    {
        public static int Run(string[] args)
        {
            Application.isPlaying = false;
            var file = new HeadFile(File.ReadAllBytes(args[0]));
            GameObject head = HeadBuilder.Build(file);
            var built = head.GetComponent<BuiltInHead>();
            byte[] data = File.ReadAllBytes(args[1]);
            var vector = new float[file.Schema.Parameters.Count];
            var binding = new AvatarBinding(built.map, head.transform, file.Schema);
            for (int i = 0; i < data.Length / 4 / vector.Length; i++)
            {
                System.Buffer.BlockCopy(data, 4 * vector.Length * i, vector, 0, 4 * vector.Length);
                binding.ApplyVector(vector, new Face());
                using (var output = new BinaryWriter(File.Create(Path.Combine(args[2], i + ".scene"))))
                {
                    Write(output, built.skin, HeadCommand.Deformed(built.skin, built.skin.sharedMesh));
                    foreach (SkinnedMeshRenderer worn in new[] { built.hair, built.glasses })
                        if (worn.gameObject.activeSelf) Write(output, worn, worn.sharedMesh.vertices);
                }
            }
            return 0;
        }

        private static void Write(BinaryWriter output, SkinnedMeshRenderer skin, Vector3[] vertices)
        {
            Mesh mesh = skin.sharedMesh;
            for (int s = 0; s < mesh.subMeshCount; s++)
            {
                Material material = skin.sharedMaterials[s];
                output.Write(vertices.Length);
                foreach (Vector3 v in vertices) Write(output, v);
                foreach (Vector3 n in mesh.normals) Write(output, n);
                for (int i = 0; i < vertices.Length; i++)
                {
                    output.Write(i < mesh.uv.Length ? mesh.uv[i].x : 0f);
                    output.Write(i < mesh.uv.Length ? mesh.uv[i].y : 0f);
                }
                output.Write(mesh.Submeshes[s].Length);
                foreach (int corner in mesh.Submeshes[s]) output.Write(corner);
                output.Write(material.color.r);
                output.Write(material.color.g);
                output.Write(material.color.b);
                output.Write(material.color.a);
                output.Write(material.GetFloat("_Cutoff"));
                var picture = material.mainTexture as Texture2D;
                output.Write(picture == null ? 0 : picture.width);
                output.Write(picture == null ? 0 : picture.height);
                if (picture == null) continue;
                foreach (Color32 pixel in picture.Pixels) output.Write(new[] { pixel.r, pixel.g, pixel.b, pixel.a });
            }
        }

        private static void Write(BinaryWriter output, Vector3 v)
        {
            output.Write(v.x);
            output.Write(v.y);
            output.Write(v.z);
        }
    }
}
