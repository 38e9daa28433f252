using System;
using UnityEngine;

namespace FaceLive
{
    /// <summary>
    /// Glasses that rest on the nose and the ears of any identity: the front slides forward until nothing of the face touches
    /// it, the arms bend round the temples. Twin of rig/facelive/rig/glasses.py; head frame, metres.
    /// </summary>
    internal sealed class GlassesFit
    {
        public const int ArmPlaces = 5;
        public const int Beside = 6;
        private const int BridgePoints = 9;
        private const int LensRings = 2;
        private const float Pupils = 0.063f, Tilt = 0.10f, Wrap = 0.06f, OffLens = 0.0035f, OffRim = 0.0012f;
        private const float ArmOff = 0.0022f, ArmHalf = 0.0009f;

        public readonly TubeMesh Frame = new TubeMesh();
        public readonly float[] Lenses;
        public readonly int[] LensTriangles;

        private readonly HeadFile file;
        private readonly GlassesDesign design;
        private readonly float[] outline;
        private readonly int rimPoints;
        private float scale, lensX, bridgeZ;
        private Vector3 middle;

        public GlassesFit(HeadFile file, GlassesDesign design)
        {
            this.file = file;
            this.design = design;
            outline = file["glasses/" + design.Name + "/outline"];
            rimPoints = outline.Length / 2;
            Lenses = new float[2 * 3 * (1 + LensRings * rimPoints)];
            LensTriangles = Fans();
        }

        /// <summary>fine: (3 F) of the identity; eyes: centres of its balls.</summary>
        public void Fit(float[] fine, Vector3 leftEye, Vector3 rightEye)
        {
            Place(fine, leftEye, rightEye);
            Frame.Clear();
            Frame.Add(RimLine(1f), Vector3.forward, design.Rim, design.Depth, true);
            Vector3[] right = RimLine(-1f);
            Array.Reverse(right);
            Frame.Add(right, Vector3.forward, design.Rim, design.Depth, true);
            Frame.Add(BridgeLine(), Vector3.up, design.Depth, 1.1f * design.Rim, false);
            float high = 0.0014f + 0.5f * design.Rim;
            Frame.Add(ArmLine(fine, 0, 1f), Vector3.up, ArmHalf, high, false);
            Frame.Add(ArmLine(fine, 1, -1f), Vector3.up, ArmHalf, high, false);
            FillLenses();
        }

        private float Plane(float x, float y) =>
            middle.z + Tilt * (y - middle.y) - Wrap * Mathf.Max(Mathf.Abs(x) - 0.008f, 0f);

        private void Place(float[] fine, Vector3 left, Vector3 right)
        {
            float apart = left.x - right.x;
            scale = Mathf.Clamp(0.5f + 0.5f * apart / Pupils, 0.85f, 1.15f);
            lensX = Mathf.Max(0.5f * apart + 0.001f, design.HalfWidth * scale + 0.0065f);
            middle = 0.5f * (left + right);
            middle.y -= design.Sink;
            float forward = float.NegativeInfinity;
            foreach (float index in file["glasses/face"])
            {
                Vector3 p = HeadMath.At(fine, (int)index);
                float across = p.x - middle.x;
                float x = (Mathf.Abs(across) - lensX) / scale, y = (p.y - middle.y) / scale;
                bool lens = design.Inside(x, y, 0f) < 1f;
                if (!lens && !(design.Inside(x, y, 0.003f) < 1f)) continue;
                forward = Mathf.Max(forward, p.z - Plane(across, p.y) + (lens ? OffLens : OffRim + design.Depth));
            }
            if (!float.IsNegativeInfinity(forward)) middle.z += forward;
            float height = middle.y + 0.35f * design.HalfHeight * scale;
            float ridge = float.NegativeInfinity, foremost = float.NegativeInfinity;
            foreach (float index in file["glasses/bridge"])
            {
                Vector3 p = HeadMath.At(fine, (int)index);
                foremost = Mathf.Max(foremost, p.z);
                if (Mathf.Abs(p.y - height) < 0.006f) ridge = Mathf.Max(ridge, p.z);
            }
            bridgeZ = (float.IsNegativeInfinity(ridge) ? foremost : ridge) + design.Depth + 0.0015f;
        }

        private Vector3[] RimLine(float side)
        {
            var line = new Vector3[rimPoints];
            for (int n = 0; n < rimPoints; n++)
            {
                float x = side * (lensX + outline[2 * n] * scale), y = middle.y + outline[2 * n + 1] * scale;
                line[n] = new Vector3(middle.x + x, y, Plane(x, y));
            }
            return line;
        }

        private Vector3[] BridgeLine()
        {
            var line = new Vector3[BridgePoints];
            float reach = lensX - design.HalfWidth * scale * 0.93f;
            for (int n = 0; n < BridgePoints; n++)
            {
                float t = -1f + 2f * n / (BridgePoints - 1), x = reach * t;
                float y = middle.y + design.HalfHeight * scale * (0.35f + 0.12f * (1f - t * t));
                float flat = Plane(x, y);
                line[n] = new Vector3(middle.x + x, y, flat + Mathf.Max(bridgeZ - flat, 0.001f) * (1f - t * t * t * t));
            }
            return line;
        }

        /// <summary>From the outer end of the front round the temple to behind the ear.</summary>
        private Vector3[] ArmLine(float[] fine, int row, float side)
        {
            var skin = new Vector3[ArmPlaces];
            float[] arms = file["glasses/arms"];
            for (int n = 0; n < ArmPlaces; n++)
            {
                float widest = 0f;
                for (int k = 0; k < Beside; k++)
                {
                    Vector3 p = HeadMath.At(fine, (int)arms[(row * ArmPlaces + n) * Beside + k]);
                    skin[n] += p * (1f / Beside);
                    widest = Mathf.Max(widest, Mathf.Abs(p.x));
                }
                skin[n].x = side * (widest + ArmOff);
            }
            float startX = side * (lensX + design.HalfWidth * scale), height = middle.y + 0.45f * design.HalfHeight * scale;
            var front = new Vector3(middle.x + startX, height, Plane(startX, height));
            float corner = Mathf.Max(Mathf.Abs(startX) + 0.003f, Mathf.Abs(skin[0].x) - 0.006f);
            Vector3 bend = front + new Vector3(side * (corner - Mathf.Abs(startX)), 0f, -0.005f);
            var line = new Vector3[ArmPlaces + 4];
            line[0] = front;
            line[1] = bend;
            for (int n = 0; n < ArmPlaces; n++)
            {
                Vector3 straight = bend + (skin[ArmPlaces - 1] - bend) * ((n + 1f) / ArmPlaces);
                line[n + 2] = new Vector3(side * Mathf.Max(Mathf.Abs(straight.x), Mathf.Abs(skin[n].x)), straight.y, skin[n].z);
            }
            Vector3 end = line[ArmPlaces + 1];
            line[ArmPlaces + 2] = end + new Vector3(side * 0.0015f, -0.004f, -0.012f);
            line[ArmPlaces + 3] = end + new Vector3(side * -0.0015f, -0.020f, -0.020f);
            return line;
        }

        private void FillLenses()
        {
            int at = 0;
            foreach (float side in new[] { 1f, -1f })
                for (int ring = 0; ring <= LensRings; ring++)
                    for (int n = 0; n < (ring == 0 ? 1 : rimPoints); n++)
                    {
                        float flatX = outline[2 * n] * ring / LensRings, flatY = outline[2 * n + 1] * ring / LensRings;
                        float shareX = flatX / design.HalfWidth, shareY = flatY / design.HalfHeight;
                        float x = side * (lensX + flatX * scale), y = middle.y + flatY * scale;
                        float dome = 0.0012f * (1f - Mathf.Clamp01(shareX * shareX + shareY * shareY));
                        Lenses[at++] = middle.x + x;
                        Lenses[at++] = y;
                        Lenses[at++] = Plane(x, y) + dome;
                    }
        }

        private int[] Fans()
        {
            int per = rimPoints * (2 * LensRings - 1), lens = 1 + LensRings * rimPoints, at = 0;
            var triangles = new int[2 * 3 * per];
            for (int side = 0; side < 2; side++)
                for (int ring = 0; ring < LensRings; ring++)
                    for (int k = 0; k < rimPoints; k++)
                    {
                        int n = (k + 1) % rimPoints, outer = 1 + ring * rimPoints, inner = outer - rimPoints;
                        at = Triangle(triangles, at, side, lens, ring == 0 ? 0 : inner + k, outer + k, outer + n);
                        if (ring > 0) at = Triangle(triangles, at, side, lens, inner + k, outer + n, inner + n);
                    }
            return triangles;
        }

        /// <summary>The right lens mirrors the left one, so its triangles run the other way.</summary>
        private static int Triangle(int[] triangles, int at, int side, int lens, int a, int b, int c)
        {
            triangles[at] = side * lens + (side == 0 ? a : c);
            triangles[at + 1] = side * lens + b;
            triangles[at + 2] = side * lens + (side == 0 ? c : a);
            return at + 3;
        }
    }
}
