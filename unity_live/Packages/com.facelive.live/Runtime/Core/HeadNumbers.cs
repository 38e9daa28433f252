using System;

namespace FaceLive
{
    /// <summary>The numbers of a head file as floats. All whole numbers in it are below 2^24, so float holds them exactly.</summary>
    internal static class HeadNumbers
    {
        private static float[] halves;

        /// <summary>Bytes of one number of a numpy type.</summary>
        public static int Width(string type)
        {
            switch (type)
            {
                case "<f4":
                case "<i4": return 4;
                case "<f2":
                case "<u2":
                case "<i2": return 2;
                case "|u1":
                case "|i1": return 1;
                default: throw new FormatException("the head holds an array of type " + type);
            }
        }

        /// <summary>Throws FormatException on a number that is not finite; the caller has checked the bounds.</summary>
        public static float[] Read(byte[] data, int at, int count, string type)
        {
            var values = new float[count];
            int width = Width(type);
            if (type == "<f4") Buffer.BlockCopy(data, at, values, 0, 4 * count);
            else for (int i = 0; i < count; i++) values[i] = One(data, at + i * width, type);
            foreach (float value in values)
                if (float.IsNaN(value) || float.IsInfinity(value)) throw new FormatException("the head holds a number that is none");
            return values;
        }

        private static float One(byte[] data, int at, string type)
        {
            switch (type)
            {
                case "<f2": return (halves ?? (halves = Halves()))[BitConverter.ToUInt16(data, at)];
                case "<i4": return BitConverter.ToInt32(data, at);
                case "<u2": return BitConverter.ToUInt16(data, at);
                case "<i2": return BitConverter.ToInt16(data, at);
                case "|u1": return data[at];
                default: return (sbyte)data[at];
            }
        }

        private static float[] Halves()
        {
            var table = new float[1 << 16];
            for (int bits = 0; bits < table.Length; bits++)
            {
                int exponent = (bits >> 10) & 31, fraction = bits & 1023;
                double size = exponent == 31 ? double.NaN
                    : exponent == 0 ? fraction * Math.Pow(2, -24)
                    : (1 + fraction / 1024.0) * Math.Pow(2, exponent - 15);
                table[bits] = (float)((bits & 0x8000) != 0 ? -size : size);
            }
            return table;
        }
    }
}
