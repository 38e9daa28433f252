using UnityEngine;
using UnityEngine.Rendering;

namespace FaceLive
{
    /// <summary>The mesh of the built-in head in Unity's form: vertices split along texture seams, x mirrored.</summary>
    internal sealed class HeadMesh
    {
        public readonly Mesh Mesh = new Mesh { name = "facelive head", indexFormat = IndexFormat.UInt32 };

        private readonly HeadFile file;
        private readonly int[] vertexOfU;

        public HeadMesh(HeadFile file, float[] rest)
        {
            this.file = file;
            float[] triangles = file["triangles"], corners = file["uv_triangles"], uv = file["uv"];
            vertexOfU = new int[uv.Length / 2];
            for (int i = 0; i < triangles.Length; i++) vertexOfU[(int)corners[i]] = (int)triangles[i];
            float[] fine = file.Refine(rest);
            Mesh.vertices = Split(fine);
            Mesh.normals = Split(Normals(fine, triangles));
            var texture = new Vector2[vertexOfU.Length];
            for (int u = 0; u < texture.Length; u++) texture[u] = new Vector2(uv[2 * u] / 65535f, uv[2 * u + 1] / 65535f);
            Mesh.uv = texture;
            AddTriangles(corners);
            Mesh.RecalculateBounds();
        }

        /// <summary>offsets: (3 V) of the base vertices at full strength.</summary>
        public void AddShape(string name, float[] offsets) =>
            Mesh.AddBlendShapeFrame(name, 100f, Split(file.Refine(offsets)), null, null);

        /// <summary>Head at the origin of the rig, eyes at the centres of their balls; the shoulders stay.</summary>
        public void AddBones(Transform root, SkinnedMeshRenderer skin, float[] rest)
        {
            Transform head = Bone(root, "Head", Vector3.zero);
            var bones = new[]
            {
                Bone(root, "Shoulders", Vector3.zero), head, Bone(head, "LeftEye", EyeCentre(rest, 0)),
                Bone(head, "RightEye", EyeCentre(rest, 1)),
            };
            var poses = new Matrix4x4[bones.Length];
            for (int i = 0; i < bones.Length; i++) poses[i] = bones[i].worldToLocalMatrix * root.localToWorldMatrix;
            float[] weight = file["head_weight"], surface = file["surface"], corners = file["uv_triangles"];
            var weights = new BoneWeight[vertexOfU.Length];
            for (int u = 0; u < weights.Length; u++)
            {
                float w = weight[vertexOfU[u]];
                weights[u] = new BoneWeight { boneIndex0 = 1, weight0 = w, boneIndex1 = 0, weight1 = 1f - w };
            }
            string[] surfaces = file.Names("surfaces");
            // Each access to Mesh.vertices copies the array.
            Vector3[] vertices = Mesh.vertices;
            for (int t = 0; t < surface.Length; t++)
            {
                string name = surfaces[(int)surface[t]];
                if (name != "eyeWhite" && name != "iris" && name != "pupil") continue;
                for (int k = 0; k < 3; k++)
                {
                    int u = (int)corners[3 * t + k];
                    // Unity's x is mirrored: the subject's left is at negative x.
                    int eye = vertices[u].x < 0f ? 2 : 3;
                    weights[u] = new BoneWeight { boneIndex0 = eye, weight0 = 1f };
                }
            }
            Mesh.boneWeights = weights;
            Mesh.bindposes = poses;
            skin.bones = bones;
            skin.rootBone = head;
        }

        private Vector3 EyeCentre(float[] rest, int eye)
        {
            float[] anchors = file["eye_anchors"];
            int count = anchors.Length / 2;
            Vector3 sum = Vector3.zero;
            for (int i = 0; i < count; i++)
            {
                int v = 3 * (int)anchors[eye * count + i];
                sum += new Vector3(-rest[v], rest[v + 1], rest[v + 2]);
            }
            return sum * (1f / count);
        }

        private static Transform Bone(Transform parent, string name, Vector3 place)
        {
            Transform bone = new GameObject(name).transform;
            bone.SetParent(parent, false);
            bone.localPosition = place;
            return bone;
        }

        private void AddTriangles(float[] corners)
        {
            float[] surface = file["surface"];
            int count = file.Names("surfaces").Length;
            Mesh.subMeshCount = count;
            var sizes = new int[count];
            foreach (float s in surface) sizes[(int)s] += 3;
            for (int s = 0; s < count; s++)
            {
                var triangles = new int[sizes[s]];
                int at = 0;
                for (int t = 0; t < surface.Length; t++)
                {
                    if ((int)surface[t] != s) continue;
                    // Mirroring x turns a triangle inside out: two corners change places.
                    triangles[at++] = (int)corners[3 * t];
                    triangles[at++] = (int)corners[3 * t + 2];
                    triangles[at++] = (int)corners[3 * t + 1];
                }
                Mesh.SetTriangles(triangles, s);
            }
        }

        /// <summary>(3 F) to one Vector3 per texture vertex, in Unity's axes.</summary>
        private Vector3[] Split(float[] fine)
        {
            var split = new Vector3[vertexOfU.Length];
            for (int u = 0; u < split.Length; u++)
            {
                int v = 3 * vertexOfU[u];
                split[u] = new Vector3(-fine[v], fine[v + 1], fine[v + 2]);
            }
            return split;
        }

        /// <summary>(3 F) area-weighted normals, before splitting, so that seams stay smooth.</summary>
        private static float[] Normals(float[] fine, float[] triangles)
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
                Vector3 unit = sums[v].normalized;
                normals[3 * v] = unit.x;
                normals[3 * v + 1] = unit.y;
                normals[3 * v + 2] = unit.z;
            }
            return normals;
        }

        private static Vector3 At(float[] fine, int v) => new Vector3(fine[3 * v], fine[3 * v + 1], fine[3 * v + 2]);
    }
}
