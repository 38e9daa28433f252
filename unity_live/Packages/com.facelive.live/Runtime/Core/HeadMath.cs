using System;
using UnityEngine;

namespace FaceLive
{
    /// <summary>Sums over the arrays of a head file. Head frame, metres.</summary>
    internal static class HeadMath
    {
        /// <summary>Adds a sparse morph to (3 V) coordinates.</summary>
        public static void AddMorph(HeadFile file, int number, float weight, float[] sum)
        {
            if (weight == 0f) return;
            float[] starts = file["morph_indptr"], index = file["morph_index"], value = file["morph_value"];
            int end = (int)starts[number + 1];
            for (int n = (int)starts[number]; n < end; n++)
            {
                int v = 3 * (int)index[n];
                sum[v] += weight * value[3 * n];
                sum[v + 1] += weight * value[3 * n + 1];
                sum[v + 2] += weight * value[3 * n + 2];
            }
        }

        /// <summary>Adds a macro corner to (3 V) coordinates.</summary>
        public static void AddCorner(HeadFile file, int number, float weight, float[] sum)
        {
            if (weight == 0f) return;
            float[] corner = file["macro"];
            int start = number * sum.Length;
            for (int i = 0; i < sum.Length; i++) sum[i] += weight * corner[start + i];
        }

        /// <summary>(3 V) to (3 F): the subdivision step, a sparse sum.</summary>
        public static void Refine(HeadFile file, float[] coarse, float[] fine)
        {
            float[] starts = file["stencil_indptr"], index = file["stencil_index"], weight = file["stencil_weight"];
            for (int f = 0; f < fine.Length / 3; f++)
            {
                float x = 0f, y = 0f, z = 0f, sum = 0f;
                int end = (int)starts[f + 1];
                for (int n = (int)starts[f]; n < end; n++)
                {
                    int v = 3 * (int)index[n];
                    float w = weight[n];
                    sum += w;
                    x += w * coarse[v];
                    y += w * coarse[v + 1];
                    z += w * coarse[v + 2];
                }
                // Half precision rounds the weights of a row: they are made to sum to 1 again.
                float scale = sum > 0f ? 1f / sum : 0f;
                fine[3 * f] = x * scale;
                fine[3 * f + 1] = y * scale;
                fine[3 * f + 2] = z * scale;
            }
        }

        /// <summary>(3 F) area-weighted normals.</summary>
        public static float[] Normals(float[] fine, float[] triangles)
        {
            var sums = new Vector3[fine.Length / 3];
            for (int t = 0; t < triangles.Length; t += 3)
            {
                int a = (int)triangles[t], b = (int)triangles[t + 1], c = (int)triangles[t + 2];
                Vector3 normal = Vector3.Cross(At(fine, b) - At(fine, a), At(fine, c) - At(fine, a));
                sums[a] += normal;
                sums[b] += normal;
                sums[c] += normal;
            }
            var normals = new float[fine.Length];
            for (int v = 0; v < sums.Length; v++)
            {
                // Vector3.normalized calls vectors below 1e-5 zero, and these are areas in square metres.
                Vector3 s = sums[v];
                double length = Math.Sqrt((double)s.x * s.x + (double)s.y * s.y + (double)s.z * s.z);
                float scale = length > 1e-20 ? (float)(1.0 / length) : 0f;
                normals[3 * v] = s.x * scale;
                normals[3 * v + 1] = s.y * scale;
                normals[3 * v + 2] = s.z * scale;
            }
            return normals;
        }

        /// <summary>Mean of the anchors of the left (0) or right (1) eye.</summary>
        public static Vector3 EyeCentre(HeadFile file, float[] coarse, int eye)
        {
            float[] anchors = file["eye_anchors"];
            int count = anchors.Length / 2;
            Vector3 sum = Vector3.zero;
            for (int i = 0; i < count; i++) sum += At(coarse, (int)anchors[eye * count + i]);
            return sum * (1f / count);
        }

        public static Vector3 At(float[] points, int v) => new Vector3(points[3 * v], points[3 * v + 1], points[3 * v + 2]);

        /// <summary>A point of the head frame in Unity's axes.</summary>
        public static Vector3 Mirrored(float[] points, int v) => new Vector3(-points[3 * v], points[3 * v + 1], points[3 * v + 2]);
    }
}
