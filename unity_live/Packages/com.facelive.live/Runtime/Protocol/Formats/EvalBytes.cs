using System;
using System.IO;

namespace FaceLive
{
    /// <summary>
    /// The file eval.bytes of the community implementation: int32 shape (4 female, 3 male), then the parameters as float32,
    /// little-endian.
    /// </summary>
    public static class EvalBytes
    {
        public const int Male = 3;
        public const int Female = 4;

        public static void Write(string path, int shape, float[] parameters)
        {
            var data = new byte[4 + 4 * parameters.Length];
            BitConverter.GetBytes(shape).CopyTo(data, 0);
            Buffer.BlockCopy(parameters, 0, data, 4, 4 * parameters.Length);
            File.WriteAllBytes(path, data);
        }

        /// <summary>Throws FormatException if the bytes are no whole number of parameters or one is not finite.</summary>
        public static float[] Read(string path, out int shape) => Parse(File.ReadAllBytes(path), out shape);

        public static float[] Parse(byte[] data, out int shape)
        {
            if (data.Length < 8 || data.Length % 4 != 0) throw new FormatException("eval.bytes is cut off");
            shape = Bytes.I32(data, 0);
            var parameters = new float[data.Length / 4 - 1];
            Bytes.Floats(data, 4, parameters, parameters.Length);
            foreach (float value in parameters)
                if (!Bytes.IsFinite(value)) throw new FormatException("eval.bytes holds a number that is not finite");
            return parameters;
        }
    }
}
