using System;

namespace FaceLive
{
    /// <summary>Little-endian reads and writes; the caller has checked the bounds. All platforms of Unity are little-endian.</summary>
    internal static class Bytes
    {
        public static ushort U16(byte[] data, int at) => BitConverter.ToUInt16(data, at);

        public static uint U32(byte[] data, int at) => BitConverter.ToUInt32(data, at);

        public static int I32(byte[] data, int at) => BitConverter.ToInt32(data, at);

        public static ulong U64(byte[] data, int at) => BitConverter.ToUInt64(data, at);

        public static long I64(byte[] data, int at) => BitConverter.ToInt64(data, at);

        public static float F32(byte[] data, int at) => BitConverter.ToSingle(data, at);

        public static void Floats(byte[] data, int at, float[] into, int count) =>
            Buffer.BlockCopy(data, at, into, 0, 4 * count);

        public static bool IsFinite(double value) => !double.IsNaN(value) && !double.IsInfinity(value);
    }
}
