using UnityEngine;

namespace FaceLive
{
    /// <summary>
    /// From the head frame of the stream (right-handed, +x to the subject's left, +y up, +z out of the face) to Unity
    /// (left-handed, a character looks along +z and its left is -x): x changes sign, so rotations about y and z do.
    /// </summary>
    public static class HeadAxes
    {
        public static Vector3 Position(Face face) => new Vector3(-face.X, face.Y, face.Z);

        public static Quaternion Rotation(Face face) =>
            new Quaternion(face.RotationX, -face.RotationY, -face.RotationZ, face.RotationW);

        /// <summary>R = Ry(yaw) Rx(pitch) of the head frame, radians.</summary>
        public static Quaternion Gaze(float yaw, float pitch)
        {
            float sy = Mathf.Sin(yaw / 2f), cy = Mathf.Cos(yaw / 2f), sx = Mathf.Sin(pitch / 2f), cx = Mathf.Cos(pitch / 2f);
            return new Quaternion(cy * sx, -sy * cx, sy * sx, cy * cx);
        }

        /// <summary>Fills the rotation of a face from the angles of the head frame: R = Ry(yaw) Rx(pitch) Rz(roll), radians.</summary>
        public static void SetRotation(Face face, float yaw, float pitch, float roll)
        {
            float sy = Mathf.Sin(yaw / 2f), cy = Mathf.Cos(yaw / 2f), sx = Mathf.Sin(pitch / 2f), cx = Mathf.Cos(pitch / 2f);
            float sz = Mathf.Sin(roll / 2f), cz = Mathf.Cos(roll / 2f);
            face.RotationX = cy * sx * cz + sy * cx * sz;
            face.RotationY = sy * cx * cz - cy * sx * sz;
            face.RotationZ = cy * cx * sz - sy * sx * cz;
            face.RotationW = cy * cx * cz + sy * sx * sz;
        }
    }
}
