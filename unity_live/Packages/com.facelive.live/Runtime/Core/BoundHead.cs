using System.Collections.Generic;
using UnityEngine;

namespace FaceLive
{
    /// <summary>Head, neck and eye bones. Rotations are taken about the axes of the avatar's root, whatever the bones' own are.</summary>
    internal sealed class BoundHead
    {
        private readonly Transform root;
        private readonly Bone head, neck, leftEye, rightEye;
        private readonly float neckShare, translation;

        public BoundHead(AvatarMap map, Transform root, List<string> missing)
        {
            this.root = root;
            neckShare = map.neckShare;
            translation = map.translation;
            head = Bone.Find(root, map.headBone, missing);
            neck = Bone.Find(root, map.neckBone, missing);
            leftEye = Bone.Find(root, map.leftEyeBone, missing);
            rightEye = Bone.Find(root, map.rightEyeBone, missing);
        }

        public void Apply(Face face)
        {
            Quaternion rotation = HeadAxes.Rotation(face);
            // Eyes look relative to the head, so they are carried along by as much of the turn as the character makes.
            Quaternion carried = Quaternion.identity;
            if (neck != null)
            {
                carried = Quaternion.Slerp(Quaternion.identity, rotation, neckShare);
                neck.Turn(root, carried);
            }
            // The head hangs on the neck: what the neck has turned is already in it.
            if (head != null)
            {
                Quaternion rest = neck == null
                    ? rotation
                    : Quaternion.Slerp(Quaternion.identity, rotation, 1f - neckShare);
                head.Turn(root, rest);
                carried = rotation;
                if (translation != 0f) head.Move(root, HeadAxes.Position(face) * translation);
            }
            leftEye?.Turn(root, HeadAxes.Gaze(face.LeftGazeYaw, face.LeftGazePitch), carried);
            rightEye?.Turn(root, HeadAxes.Gaze(face.RightGazeYaw, face.RightGazePitch), carried);
        }

        public void Restore()
        {
            neck?.Restore();
            head?.Restore();
            leftEye?.Restore();
            rightEye?.Restore();
        }

        private sealed class Bone
        {
            private readonly Transform transform;
            private readonly Quaternion rest;
            private readonly Vector3 place;

            private Bone(Transform transform)
            {
                this.transform = transform;
                rest = transform.localRotation;
                place = transform.localPosition;
            }

            public static Bone Find(Transform root, string path, List<string> missing)
            {
                if (string.IsNullOrEmpty(path)) return null;
                Transform found = root.Find(path);
                if (found == null) missing.Add("bone " + path);
                return found == null ? null : new Bone(found);
            }

            /// <summary>Turns the resting bone about the root's axes, carried along by a parent that turned by "carried".</summary>
            public void Turn(Transform root, Quaternion rotation, Quaternion carried)
            {
                Quaternion frame = root.rotation * carried;
                Turn(frame, rotation);
            }

            public void Turn(Transform root, Quaternion rotation) => Turn(root.rotation, rotation);

            public void Move(Transform root, Vector3 offset)
            {
                Vector3 world = root.rotation * offset;
                Transform parent = transform.parent;
                transform.localPosition = place + (parent == null ? world : Quaternion.Inverse(parent.rotation) * world);
            }

            public void Restore()
            {
                if (transform == null) return;
                transform.localRotation = rest;
                transform.localPosition = place;
            }

            private void Turn(Quaternion frame, Quaternion rotation)
            {
                Quaternion above = transform.parent == null ? Quaternion.identity : transform.parent.rotation;
                Quaternion turn = frame * rotation * Quaternion.Inverse(frame);
                transform.localRotation = Quaternion.Inverse(above) * turn * above * rest;
            }
        }
    }
}
