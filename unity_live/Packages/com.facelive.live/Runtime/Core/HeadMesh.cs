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
        private readonly float[] scratch;

        public HeadMesh(HeadFile file, float[] rest)
        {
            this.file = file;
            scratch = new float[3 * file.FineCount];
            float[] triangles = file["triangles"], corners = file["uv_triangles"], uv = file["uv"];
            vertexOfU = new int[uv.Length / 2];
            for (int i = 0; i < triangles.Length; i++) vertexOfU[(int)corners[i]] = (int)triangles[i];
            float[] fine = scratch;
            HeadMath.Refine(file, rest, fine);
            Mesh.vertices = Split(fine);
            // Before splitting, so that seams stay smooth.
            Mesh.normals = Split(HeadMath.Normals(fine, triangles));
            var texture = new Vector2[vertexOfU.Length];
            for (int u = 0; u < texture.Length; u++) texture[u] = new Vector2(uv[2 * u] / 65535f, uv[2 * u + 1] / 65535f);
            Mesh.uv = texture;
            AddTriangles(corners);
            Mesh.RecalculateBounds();
        }

        /// <summary>offsets: (3 V) of the base vertices at full strength.</summary>
        public void AddShape(string name, float[] offsets)
        {
            HeadMath.Refine(file, offsets, scratch);
            Mesh.AddBlendShapeFrame(name, 100f, Split(scratch), null, null);
        }

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
            Vector3 centre = HeadMath.EyeCentre(file, rest, eye);
            return new Vector3(-centre.x, centre.y, centre.z);
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
            for (int u = 0; u < split.Length; u++) split[u] = HeadMath.Mirrored(fine, vertexOfU[u]);
            return split;
        }
    }
}
