using System.Collections.Generic;
using UnityEngine;

namespace FaceLive.Tests
{
    /// <summary>A character of stubs: a face with blend shapes, and neck, head and eye bones.</summary>
    internal sealed class StageScene
    {
        public readonly GameObject Root = new GameObject("character");
        public readonly SkinnedMeshRenderer Skin;
        public readonly AvatarMap Map = ScriptableObject.CreateInstance<AvatarMap>();
        public readonly Transform Head, Neck, LeftEye, RightEye;

        public StageScene(IEnumerable<string> shapes)
        {
            Neck = Child(Root.transform, "Neck");
            Head = Child(Neck, "Head");
            LeftEye = Child(Head, "LeftEye");
            RightEye = Child(Head, "RightEye");
            Transform face = Child(Root.transform, "Face");
            Skin = face.gameObject.AddComponent<SkinnedMeshRenderer>();
            Skin.sharedMesh = new Mesh();
            foreach (string shape in shapes) Skin.sharedMesh.AddBlendShapeFrame(shape, 100f, new Vector3[0], null, null);
        }

        public float Weight(string shape) => Skin.GetBlendShapeWeight(Skin.sharedMesh.GetBlendShapeIndex(shape));

        public static Transform Child(Transform parent, string name)
        {
            Transform child = new GameObject(name).transform;
            child.SetParent(parent);
            return child;
        }
    }
}
