using UnityEngine;

namespace FaceLive.Samples
{
    /// <summary>
    /// A character without any blend shape: a box for a head, bones for jaw, brows and lids. Shows how parameters move bones
    /// between three values. Put it on an empty object in a scene with a LiveReceiver.
    /// </summary>
    public sealed class BoxCharacter : MonoBehaviour
    {
        private void Awake()
        {
            Transform head = Box(transform, "Head", Vector3.zero, new Vector3(0.16f, 0.22f, 0.18f));
            Box(head, "Jaw", new Vector3(0f, -0.09f, 0.06f), new Vector3(0.1f, 0.05f, 0.1f));
            Box(head, "BrowLeft", new Vector3(-0.04f, 0.05f, 0.1f), new Vector3(0.05f, 0.01f, 0.02f));
            Box(head, "BrowRight", new Vector3(0.04f, 0.05f, 0.1f), new Vector3(0.05f, 0.01f, 0.02f));
            Box(head, "LeftEye", new Vector3(-0.04f, 0.02f, 0.09f), new Vector3(0.03f, 0.03f, 0.03f));
            Box(head, "RightEye", new Vector3(0.04f, 0.02f, 0.09f), new Vector3(0.03f, 0.03f, 0.03f));

            var map = ScriptableObject.CreateInstance<AvatarMap>();
            map.headBone = "Head";
            map.leftEyeBone = "Head/LeftEye";
            map.rightEyeBone = "Head/RightEye";
            Move(map, "jawOpen", "Head/Jaw", new Vector3(0f, -0.04f, 0f));
            Move(map, "browInnerUp", "Head/BrowLeft", new Vector3(0f, 0.015f, 0f));
            Move(map, "browInnerUp", "Head/BrowRight", new Vector3(0f, 0.015f, 0f));
            Flatten(map, "eyeBlinkLeft", "Head/LeftEye");
            Flatten(map, "eyeBlinkRight", "Head/RightEye");

            gameObject.AddComponent<LiveAvatar>().map = map;
        }

        private static void Move(AvatarMap map, string parameter, string bone, Vector3 way) => map.entries.Add(new MapEntry
        {
            parameter = parameter, target = MapTarget.Translation, path = bone, boneAtMaximum = way,
        });

        private static void Flatten(AvatarMap map, string parameter, string bone) => map.entries.Add(new MapEntry
        {
            parameter = parameter, target = MapTarget.Scale, path = bone, boneAtMaximum = new Vector3(0f, -0.027f, 0f),
        });

        private static Transform Box(Transform parent, string name, Vector3 place, Vector3 size)
        {
            // The bone itself keeps scale 1, the box hangs below it: children shall not be stretched.
            Transform bone = new GameObject(name).transform;
            bone.SetParent(parent, false);
            bone.localPosition = place;
            Transform box = GameObject.CreatePrimitive(PrimitiveType.Cube).transform;
            box.SetParent(bone, false);
            box.localScale = size;
            return bone;
        }
    }
}
