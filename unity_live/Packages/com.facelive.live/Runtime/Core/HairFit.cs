using UnityEngine;

namespace FaceLive
{
    /// <summary>
    /// A hair style on any identity: each vertex is carried by a few vertices of the skin and kept off one of them. Twin of
    /// rig/facelive/rig/hair.py; the expression does not move hair here. Head frame, metres.
    /// </summary>
    internal sealed class HairFit
    {
        private const float OffsetStep = 1e-5f, LeastStep = 1e-4f;

        public readonly string Style;
        public readonly float[] Points;
        public readonly float[] Triangles;

        private readonly float[] offset, carrier, weight, guard, least, restNormals;
        private readonly int carriers;

        public HairFit(HeadFile file, string style, float[] restNormals)
        {
            Style = style;
            this.restNormals = restNormals;
            string name = "hair/" + style + "/";
            offset = file[name + "offset"];
            Triangles = file[name + "triangles"];
            carrier = file[name + "carrier"];
            weight = file[name + "weight"];
            guard = file[name + "guard"];
            least = file[name + "least"];
            Points = new float[offset.Length];
            carriers = offset.Length == 0 ? 0 : carrier.Length / (offset.Length / 3);
        }

        /// <summary>fine: (3 F) of the identity.</summary>
        public void Fit(float[] fine)
        {
            for (int h = 0; h < Points.Length / 3; h++)
            {
                Vector3 sum = Vector3.zero;
                float total = 0f;
                for (int c = h * carriers; c < (h + 1) * carriers; c++)
                {
                    total += weight[c];
                    sum += weight[c] * HeadMath.At(fine, (int)carrier[c]);
                }
                Vector3 point = OffsetStep * HeadMath.At(offset, h) + sum * (total > 0f ? 1f / total : 0f);
                if (least[h] >= 0f)
                {
                    int v = (int)guard[h];
                    Vector3 normal = HeadMath.At(restNormals, v), away = point - HeadMath.At(fine, v);
                    float lack = LeastStep * least[h] - (away.x * normal.x + away.y * normal.y + away.z * normal.z);
                    if (lack > 0f) point += lack * normal;
                }
                Points[3 * h] = point.x;
                Points[3 * h + 1] = point.y;
                Points[3 * h + 2] = point.z;
            }
        }
    }
}
