using System;
using System.Collections.Generic;
using UnityEngine;

namespace FaceLive
{
    /// <summary>Elliptic tubes along lines; twin of sweep and tube_triangles in rig/facelive/rig. Head frame.</summary>
    internal sealed class TubeMesh
    {
        private const int Sides = 6;

        public readonly List<Vector3> Points = new List<Vector3>();
        public readonly List<Vector3> Normals = new List<Vector3>();
        public readonly List<int> Triangles = new List<int>();

        public void Clear()
        {
            Points.Clear();
            Normals.Clear();
            Triangles.Clear();
        }

        /// <summary>up: where the half axis "high" leans to; across: the other half axis.</summary>
        public void Add(Vector3[] line, Vector3 up, float across, float high, bool closed)
        {
            int start = Points.Count, count = line.Length;
            for (int n = 0; n < count; n++)
            {
                int after = closed ? (n + 1) % count : Math.Min(n + 1, count - 1);
                int before = closed ? (n + count - 1) % count : Math.Max(n - 1, 0);
                Vector3 along = line[after] - line[before];
                Vector3 side = Unit(Vector3.Cross(along, up));
                Vector3 over = Unit(Vector3.Cross(side, along));
                for (int k = 0; k < Sides; k++)
                {
                    double angle = 2.0 * Math.PI * (k + 0.5) / Sides;
                    float c = (float)Math.Cos(angle), s = (float)Math.Sin(angle);
                    Points.Add(line[n] + across * c * side + high * s * over);
                    Normals.Add(Unit(c / across * side + s / high * over));
                }
            }
            for (int n = 0; n < (closed ? count : count - 1); n++)
                for (int k = 0; k < Sides; k++)
                {
                    int turn = (k + 1) % Sides, here = start + n * Sides, next = start + (n + 1) % count * Sides;
                    Triangles.AddRange(new[] { here + k, next + turn, here + turn, here + k, next + k, next + turn });
                }
        }

        // Vector3.normalized calls anything shorter than 1e-5 zero: too coarse for cross products of millimetres.
        private static Vector3 Unit(Vector3 v) =>
            v * (float)(1.0 / Math.Sqrt((double)v.x * v.x + (double)v.y * v.y + (double)v.z * v.z + 1e-20));
    }
}
