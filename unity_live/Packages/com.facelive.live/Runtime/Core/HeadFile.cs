using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;

namespace FaceLive
{
    /// <summary>
    /// The built-in head as unity_live/tools/export_head.py writes it: base vertices, morphs, one subdivision step, and what
    /// each triangle is drawn with. Suffixes: V base vertices, F fine vertices, T fine triangles, U texture vertices.
    /// </summary>
    public sealed class HeadFile
    {
        private const uint Magic = 0x44484C46; // FLHD
        private const int Version = 1;
        private const int MaximumBytes = 64 << 20;

        private readonly Dictionary<string, float[]> arrays = new Dictionary<string, float[]>();
        private readonly JsonValue about;

        /// <summary>Throws FormatException if the bytes are no head of this version.</summary>
        public HeadFile(byte[] file)
        {
            if (file.Length < 8 || Bytes32(file, 0) != Magic) throw new FormatException("no facelive head");
            if (Bytes32(file, 4) != Version) throw new FormatException("a head of another version: export it anew");
            byte[] data = Unpack(file);
            int length = data.Length < 4 ? -1 : BitConverter.ToInt32(data, 0);
            if (length < 2 || length > data.Length - 4 || !JsonReader.TryRead(data, 4, length, out about))
                throw new FormatException("the head is damaged");
            Schema = SchemaJson.Read(about["schema"] ?? JsonValue.Null, out string problem);
            if (Schema == null) throw new FormatException("the head's schema: " + problem);
            int at = 4 + length;
            foreach (JsonValue row in about["arrays"].Items) at = ReadArray(data, at, row);
        }

        public Schema Schema { get; }

        public int FineCount => this["stencil_indptr"].Length - 1;

        public float[] this[string name] =>
            arrays.TryGetValue(name, out float[] found) ? found : throw new FormatException("the head lacks " + name);

        public string[] Names(string list)
        {
            IReadOnlyList<JsonValue> items = about[list]?.Items;
            if (items == null) throw new FormatException("the head lacks " + list);
            var names = new string[items.Count];
            for (int i = 0; i < names.Length; i++) names[i] = items[i].Raw;
            return names;
        }

        public float[] Numbers(string list)
        {
            string[] texts = Names(list);
            var numbers = new float[texts.Length];
            for (int i = 0; i < numbers.Length; i++)
                numbers[i] = float.Parse(texts[i], System.Globalization.CultureInfo.InvariantCulture);
            return numbers;
        }

        /// <summary>(3 V) offsets of one sparse morph.</summary>
        public float[] Morph(int number)
        {
            var offsets = new float[this["mean"].Length];
            float[] index = this["morph_index"], value = this["morph_value"];
            int end = (int)this["morph_indptr"][number + 1];
            for (int n = (int)this["morph_indptr"][number]; n < end; n++)
                for (int k = 0; k < 3; k++) offsets[3 * (int)index[n] + k] += value[3 * n + k];
            return offsets;
        }

        /// <summary>(3 V) offsets of one macro corner.</summary>
        public float[] Corner(int number)
        {
            int size = this["mean"].Length;
            var offsets = new float[size];
            Array.Copy(this["macro"], number * size, offsets, 0, size);
            return offsets;
        }

        /// <summary>(3 V) to (3 F): the subdivision step, a sparse sum.</summary>
        public float[] Refine(float[] coarse)
        {
            float[] indptr = this["stencil_indptr"], index = this["stencil_index"], weight = this["stencil_weight"];
            var fine = new float[3 * FineCount];
            for (int f = 0; f < FineCount; f++)
            {
                float x = 0f, y = 0f, z = 0f, sum = 0f;
                for (int n = (int)indptr[f]; n < (int)indptr[f + 1]; n++)
                {
                    int v = 3 * (int)index[n];
                    float w = weight[n];
                    sum += w;
                    x += w * coarse[v];
                    y += w * coarse[v + 1];
                    z += w * coarse[v + 2];
                }
                // Half precision rounds the weights of a row: they are made to sum to 1 again.
                fine[3 * f] = x / sum;
                fine[3 * f + 1] = y / sum;
                fine[3 * f + 2] = z / sum;
            }
            return fine;
        }

        private static uint Bytes32(byte[] data, int at) => BitConverter.ToUInt32(data, at);

        private static byte[] Unpack(byte[] file)
        {
            try
            {
                using (var packed = new GZipStream(new MemoryStream(file, 8, file.Length - 8), CompressionMode.Decompress))
                using (var unpacked = new MemoryStream())
                {
                    var block = new byte[1 << 16];
                    for (int read; (read = packed.Read(block, 0, block.Length)) > 0;)
                    {
                        unpacked.Write(block, 0, read);
                        if (unpacked.Length > MaximumBytes) throw new FormatException("the head is too large");
                    }
                    return unpacked.ToArray();
                }
            }
            // .NET and Mono name a damaged stream differently.
            catch (Exception error) when (error is InvalidDataException || error is IOException)
            {
                throw new FormatException("the head is damaged", error);
            }
        }

        private int ReadArray(byte[] data, int at, JsonValue row)
        {
            string name = row.Items[0].Raw, type = row.Items[1].Raw;
            int count = 1;
            foreach (JsonValue size in row.Items[2].Items) count *= int.Parse(size.Raw);
            int width = type[2] - '0';
            if (count < 0 || (long)count * width > data.Length - at) throw new FormatException("the head is cut off");
            var values = new float[count];
            for (int i = 0; i < count; i++) values[i] = Number(data, at + i * width, type);
            arrays[name] = values;
            return at + count * width;
        }

        // All whole numbers here are below 2^24, so float holds them exactly.
        private static float Number(byte[] data, int at, string type)
        {
            switch (type)
            {
                case "<f4": return BitConverter.ToSingle(data, at);
                case "<f2": return Half(BitConverter.ToUInt16(data, at));
                case "<i4": return BitConverter.ToInt32(data, at);
                case "<u2": return BitConverter.ToUInt16(data, at);
                case "|u1": return data[at];
                default: throw new FormatException("the head holds an array of type " + type);
            }
        }

        private static float Half(ushort bits)
        {
            int exponent = (bits >> 10) & 31, fraction = bits & 1023;
            double size = exponent == 0 ? fraction * Math.Pow(2, -24) : (1 + fraction / 1024.0) * Math.Pow(2, exponent - 15);
            return (float)((bits & 0x8000) != 0 ? -size : size);
        }
    }
}
