using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using UnityEngine;

namespace FaceLive.Tests
{
    /// <summary>
    /// worn HEAD_FILE PARAMETERS FOLDER [later]: what the built-in head wears for each vector of PARAMETERS (float32, schema order).
    /// FOLDER/i.hair and i.glasses: vertices (float32, Unity's axes); i.skin: RGB bytes of the painted skin, first row on top.
    /// </summary>
    internal static class WornCommand
    {
        public static int Run(string[] args)
        {
            Application.isPlaying = false;
            var file = new HeadFile(File.ReadAllBytes(args[0]));
            GameObject head = HeadBuilder.Build(file);
            var built = head.GetComponent<BuiltInHead>();
            var binding = new AvatarBinding(built.map, head.transform, file.Schema);
            byte[] data = File.ReadAllBytes(args[1]);
            int width = file.Schema.Parameters.Count;
            for (int i = 0; i < data.Length / 4 / width; i++)
            {
                var vector = new float[width];
                Buffer.BlockCopy(data, 4 * width * i, vector, 0, 4 * width);
                var watch = Stopwatch.StartNew();
                binding.ApplyVector(vector, new Face());
                double ms = watch.Elapsed.TotalMilliseconds;
                string name = Path.Combine(args[2], i.ToString());
                Mesh hair = built.hair.sharedMesh, glasses = built.glasses.sharedMesh;
                File.WriteAllBytes(name + ".hair", Vertices(hair, built.hair.gameObject.activeSelf ? hair.vertexCount / 2 : 0));
                File.WriteAllBytes(name + ".glasses", Vertices(glasses, built.glasses.gameObject.activeSelf ? glasses.vertexCount : 0));
                File.WriteAllBytes(name + ".skin", Pixels((Texture2D)built.skin.sharedMaterials[0].mainTexture));
                Json.Line(
                    "hair", Triangles(hair), "glasses", Triangles(glasses), "inside_out_hair", InsideOut(hair),
                    "inside_out_glasses", InsideOut(glasses), "hair_r", built.hair.sharedMaterials[0].color.r, "ms", ms);
            }
            if (args.Length > 3) Later(built, binding, data, width);
            return 0;
        }

        /// <summary>In play mode a new look is painted over several frames; the old one stays until it is done.</summary>
        private static void Later(BuiltInHead built, AvatarBinding binding, byte[] data, int width)
        {
            var vector = new float[width];
            Buffer.BlockCopy(data, 0, vector, 0, 4 * width);
            var picture = (Texture2D)built.skin.sharedMaterials[0].mainTexture;
            binding.ApplyVector(vector, new Face());
            byte[] wanted = Pixels(picture);
            Buffer.BlockCopy(data, 4 * width, vector, 0, 4 * width);
            binding.ApplyVector(vector, new Face());
            byte[] before = Pixels(picture);
            Application.isPlaying = true;
            Buffer.BlockCopy(data, 0, vector, 0, 4 * width);
            binding.ApplyVector(vector, new Face());
            int frames = 0;
            bool stayed = Same(before, Pixels(picture));
            while (frames < 50 && !Same(wanted, Pixels(picture)))
            {
                built.Message("Update");
                frames++;
            }
            Application.isPlaying = false;
            Json.Line("frames", frames, "stayed", stayed);
        }

        private static bool Same(byte[] a, byte[] b) => System.Linq.Enumerable.SequenceEqual(a, b);

        private static byte[] Vertices(Mesh mesh, int count)
        {
            var floats = new float[3 * count];
            for (int v = 0; v < count; v++)
            {
                floats[3 * v] = mesh.vertices[v].x;
                floats[3 * v + 1] = mesh.vertices[v].y;
                floats[3 * v + 2] = mesh.vertices[v].z;
            }
            var bytes = new byte[4 * floats.Length];
            Buffer.BlockCopy(floats, 0, bytes, 0, bytes.Length);
            return bytes;
        }

        private static byte[] Pixels(Texture2D picture)
        {
            var bytes = new byte[3 * picture.width * picture.height];
            for (int i = 0; i < picture.Pixels.Length; i++)
            {
                int y = picture.height - 1 - i / picture.width, at = 3 * (y * picture.width + i % picture.width);
                bytes[at] = picture.Pixels[i].r;
                bytes[at + 1] = picture.Pixels[i].g;
                bytes[at + 2] = picture.Pixels[i].b;
            }
            return bytes;
        }

        private static int Triangles(Mesh mesh)
        {
            int count = 0;
            foreach (KeyValuePair<int, int[]> submesh in mesh.Submeshes) count += submesh.Value.Length / 3;
            return count;
        }

        internal static double InsideOut(Mesh mesh)
        {
            int wrong = 0, all = 0;
            foreach (KeyValuePair<int, int[]> submesh in mesh.Submeshes)
            {
                int[] t = submesh.Value;
                for (int i = 0; i < t.Length; i += 3)
                {
                    Vector3 a = mesh.vertices[t[i]];
                    Vector3 side = Vector3.Cross(mesh.vertices[t[i + 1]] - a, mesh.vertices[t[i + 2]] - a);
                    Vector3 normal = mesh.normals[t[i]] + mesh.normals[t[i + 1]] + mesh.normals[t[i + 2]];
                    all++;
                    if (side.x * normal.x + side.y * normal.y + side.z * normal.z < 0f) wrong++;
                }
            }
            return all == 0 ? 0.0 : wrong / (double)all;
        }
    }

    /// <summary>
    /// hostile-head PAYLOAD COUNT SEED: the unpacked head, damaged in so many ways. Each must be read or refused with
    /// FormatException; what is read is used. Any other exception ends the runner.
    /// </summary>
    internal static class HostileHeadCommand
    {
        public static int Run(string[] args)
        {
            byte[] honest = File.ReadAllBytes(args[0]);
            int count = int.Parse(args[1]), refused = 0, json = 4 + BitConverter.ToInt32(honest, 0);
            var dice = new System.Random(int.Parse(args[2]));
            var damaged = new byte[honest.Length];
            for (int i = 0; i < count; i++)
            {
                Buffer.BlockCopy(honest, 0, damaged, 0, honest.Length);
                int length = honest.Length;
                for (int n = dice.Next(1, 4); n > 0; n--)
                {
                    // The description is a small part of the file and the more dangerous one.
                    int at = dice.Next(3) == 0 ? dice.Next(honest.Length) : dice.Next(json);
                    switch (dice.Next(5))
                    {
                        case 0: damaged[at] ^= (byte)(1 << dice.Next(8)); break;
                        case 1: damaged[at] = (byte)"0129-[]{},:\"x"[dice.Next(13)]; break;
                        case 2: damaged[at] = 0xFF; break;
                        case 3: for (int k = 0; k < 64 && at + k < damaged.Length; k++) damaged[at + k] = (byte)dice.Next(256); break;
                        default: length = dice.Next(4) == 0 ? dice.Next(length + 1) : length; break;
                    }
                }
                if (!Use(length == honest.Length ? damaged : Cut(damaged, length))) refused++;
            }
            Json.Line("count", count, "refused", refused, "memory_mb", GC.GetTotalMemory(true) / 1048576.0);
            return 0;
        }

        private static byte[] Cut(byte[] data, int length)
        {
            var cut = new byte[length];
            Buffer.BlockCopy(data, 0, cut, 0, length);
            return cut;
        }

        private static bool Use(byte[] payload)
        {
            try
            {
                var file = new HeadFile(payload, 0);
                var solver = new HeadSolver(file);
                float[] normals = solver.RestNormals;
                foreach (string style in file.Names("hair")) new HairFit(file, style, normals).Fit(solver.Fine);
                foreach (JsonValue row in file.List("glasses"))
                    new GlassesFit(file, new GlassesDesign(row)).Fit(solver.Fine, solver.EyeCentre(0), solver.EyeCentre(1));
                var paint = new SkinPaint(file);
                paint.Begin(new AvatarLook(file.Schema, new float[file.Schema.AvatarNames.Count]));
                paint.Step(paint.Size);
                return true;
            }
            catch (FormatException)
            {
                return false;
            }
        }
    }
}
