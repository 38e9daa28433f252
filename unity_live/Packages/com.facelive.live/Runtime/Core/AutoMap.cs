using System;
using System.Collections.Generic;
using System.Text;
using UnityEngine;

namespace FaceLive
{
    /// <summary>Fills a map from the names on a character: ARKit's shapes as tools spell them, else VRM's few.</summary>
    public static class AutoMap
    {
        /// <summary>Replaces the expression entries and the bones of a map; identity entries stay. Returns how many were found.</summary>
        public static int Fill(AvatarMap map, Transform root, IReadOnlyList<string> expressions)
        {
            map.entries.RemoveAll(entry => entry.group == ParameterGroup.Expression);
            var names = new Dictionary<string, string>();
            foreach (string name in expressions) names[Plain(name)] = name;
            int before = map.entries.Count;
            foreach (SkinnedMeshRenderer skin in root.GetComponentsInChildren<SkinnedMeshRenderer>(true))
                FillShapes(map, root, skin, shape => names.TryGetValue(Plain(shape), out string found) ? found : null);
            if (map.entries.Count == before)
            {
                foreach (SkinnedMeshRenderer skin in root.GetComponentsInChildren<SkinnedMeshRenderer>(true))
                    FillShapes(map, root, skin, VrmParameter);
            }
            FillBones(map, root);
            return map.entries.Count - before;
        }

        /// <summary>"Face.M_blendShape1.eyeBlink_L" and "EyeBlinkLeft" are both "eyeblinkleft".</summary>
        internal static string Plain(string name)
        {
            string last = name.Substring(name.LastIndexOf('.') + 1);
            bool side = name.EndsWith(".L", StringComparison.Ordinal) || name.EndsWith(".R", StringComparison.Ordinal);
            if (side && last.Length == 1) last = name.Substring(0, name.Length - 2) + "_" + last;
            if (last.EndsWith("_L", StringComparison.OrdinalIgnoreCase)) last = last.Substring(0, last.Length - 2) + "Left";
            if (last.EndsWith("_R", StringComparison.OrdinalIgnoreCase)) last = last.Substring(0, last.Length - 2) + "Right";
            if (last.StartsWith("ARKit", StringComparison.OrdinalIgnoreCase)) last = last.Substring(5);
            var plain = new StringBuilder();
            foreach (char c in last)
                if (char.IsLetterOrDigit(c)) plain.Append(char.ToLowerInvariant(c));
            return plain.ToString();
        }

        private static void FillShapes(AvatarMap map, Transform root, SkinnedMeshRenderer skin, Func<string, string> parameterOf)
        {
            Mesh mesh = skin.sharedMesh;
            if (mesh == null) return;
            for (int i = 0; i < mesh.blendShapeCount; i++)
            {
                string parameter = parameterOf(mesh.GetBlendShapeName(i));
                if (parameter == null) continue;
                map.entries.Add(new MapEntry
                {
                    parameter = parameter,
                    path = PathOf(root, skin.transform),
                    property = mesh.GetBlendShapeName(i),
                });
            }
        }

        /// <summary>VRM's names, also as VRoid writes them: Fcl_MTH_A, Fcl_EYE_Close_L, Fcl_ALL_Joy.</summary>
        private static string VrmParameter(string shape)
        {
            string last = shape.Substring(shape.LastIndexOf('.') + 1);
            foreach (string prefix in new[] { "Fcl_MTH_", "Fcl_ALL_", "Fcl_EYE_" })
                if (last.StartsWith(prefix, StringComparison.Ordinal)) last = last.Substring(prefix.Length);
            if (last.StartsWith("Close_", StringComparison.Ordinal)) last = "Blink_" + last.Substring(6);
            string known = VrmExpressions.Canonical(last);
            return known == null ? null : AvatarMap.VrmPrefix + known;
        }

        private static void FillBones(AvatarMap map, Transform root)
        {
            var animator = root.GetComponentInChildren<Animator>(true);
            bool human = animator != null && animator.isHuman;
            Animator source = human ? animator : null;
            map.headBone = PathOf(root, Bone(root, source, HumanBodyBones.Head, "head"));
            map.neckBone = PathOf(root, Bone(root, source, HumanBodyBones.Neck, "neck"));
            map.leftEyeBone = PathOf(root, Bone(root, source, HumanBodyBones.LeftEye, "lefteye", "eyeleft", "eyel"));
            map.rightEyeBone = PathOf(root, Bone(root, source, HumanBodyBones.RightEye, "righteye", "eyeright", "eyer"));
        }

        private static Transform Bone(Transform root, Animator source, HumanBodyBones bone, params string[] names)
        {
            Transform found = source != null ? source.GetBoneTransform(bone) : null;
            return found != null ? found : Named(root, names);
        }

        private static Transform Named(Transform below, string[] names)
        {
            foreach (Transform child in below.GetComponentsInChildren<Transform>(true))
                if (child != below && child.GetComponent<Renderer>() == null && Array.IndexOf(names, Plain(child.name)) >= 0)
                    return child;
            return null;
        }

        public static string PathOf(Transform root, Transform of)
        {
            if (of == null || of == root) return "";
            string above = PathOf(root, of.parent);
            return above.Length == 0 ? of.name : above + "/" + of.name;
        }
    }
}
