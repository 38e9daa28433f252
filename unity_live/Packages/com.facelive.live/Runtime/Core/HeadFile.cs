using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;

namespace FaceLive
{
    /// <summary>
    /// The built-in head as unity_live/tools/export_head.py writes it: base vertices, morphs, one subdivision step, what each
    /// triangle is drawn with, and what the head wears. Suffixes: V base vertices, F fine vertices, T fine triangles,
    /// U texture vertices. What has been read is consistent: <see cref="HeadFileCheck"/> has looked at every index.
    /// </summary>
    public sealed class HeadFile
    {
        private const uint Magic = 0x44484C46; // FLHD
        private const int Version = 2;
        private const int MaximumBytes = 16 << 20;
        private const int MaximumArrays = 512;

        private readonly Dictionary<string, float[]> arrays = new Dictionary<string, float[]>();
        private readonly Dictionary<string, int[]> shapes = new Dictionary<string, int[]>();
        private readonly JsonValue about;

        /// <summary>Throws FormatException if the bytes are no head of this version.</summary>
        public HeadFile(byte[] file)
            : this(Unpack(file), 0)
        {
        }

        /// <summary>payload: the unpacked bytes from an offset on.</summary>
        internal HeadFile(byte[] payload, int start)
        {
            int length = payload.Length - start < 4 ? -1 : BitConverter.ToInt32(payload, start);
            if (length < 2 || length > payload.Length - start - 4
                || !JsonReader.TryRead(payload, start + 4, length, out about) || about.Kind != JsonKind.Map)
                throw new FormatException("the head is damaged");
            Schema = SchemaJson.Read(about["schema"] ?? JsonValue.Null, out string problem);
            if (Schema == null) throw new FormatException("the head's schema: " + problem);
            int at = start + 4 + length;
            IReadOnlyList<JsonValue> rows = List("arrays");
            if (rows.Count > MaximumArrays) throw new FormatException("the head has too many arrays");
            foreach (JsonValue row in rows) at = ReadArray(payload, at, row);
            HeadFileCheck.Check(this);
        }

        public Schema Schema { get; }

        public int FineCount => this["stencil_indptr"].Length - 1;

        public float[] this[string name] =>
            arrays.TryGetValue(name, out float[] found) ? found : throw new FormatException("the head lacks " + name);

        public int[] Shape(string name) =>
            shapes.TryGetValue(name, out int[] found) ? found : throw new FormatException("the head lacks " + name);

        public IReadOnlyList<JsonValue> List(string list)
        {
            JsonValue found = about[list];
            if (found == null || found.Kind != JsonKind.List) throw new FormatException("the head lacks " + list);
            return found.Items;
        }

        public string[] Names(string list)
        {
            IReadOnlyList<JsonValue> items = List(list);
            var names = new string[items.Count];
            for (int i = 0; i < names.Length; i++)
                if (!items[i].TryText(out names[i])) throw new FormatException("the head's " + list + " are no names");
            return names;
        }

        public float[] Numbers(string list)
        {
            IReadOnlyList<JsonValue> items = List(list);
            var numbers = new float[items.Count];
            for (int i = 0; i < numbers.Length; i++) numbers[i] = Number(items[i], list);
            return numbers;
        }

        /// <summary>A whole number between 1 and a limit.</summary>
        public int Whole(string name, int limit)
        {
            if (about[name] == null || !about[name].TryInteger(out long value) || value < 1 || value > limit)
                throw new FormatException("the head's " + name + " is out of range");
            return (int)value;
        }

        internal static float Number(JsonValue value, string what)
        {
            if (value == null || !value.TryNumber(out double number) || Math.Abs(number) > 1e6)
                throw new FormatException("the head's " + what + " is no number");
            return (float)number;
        }

        private static byte[] Unpack(byte[] file)
        {
            if (file.Length < 8 || BitConverter.ToUInt32(file, 0) != Magic) throw new FormatException("no facelive head");
            if (BitConverter.ToInt32(file, 4) != Version)
                throw new FormatException("a head of another version: export it anew");
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
            if (row.Kind != JsonKind.List || row.Items.Count != 3 || !row.Items[0].TryText(out string name)
                || !row.Items[1].TryText(out string type) || row.Items[2].Kind != JsonKind.List)
                throw new FormatException("the head's list of arrays is damaged");
            IReadOnlyList<JsonValue> sizes = row.Items[2].Items;
            var shape = new int[sizes.Count];
            int width = HeadNumbers.Width(type);
            long count = 1;
            for (int i = 0; i < shape.Length; i++)
            {
                if (!sizes[i].TryInteger(out long size) || size < 0 || size > MaximumBytes)
                    throw new FormatException("the head's " + name + " has an odd shape");
                shape[i] = (int)size;
                count *= size;
                // Checked at every step: the product of many sizes would wrap round.
                if (count * width > data.Length - at) throw new FormatException("the head is cut off");
            }
            arrays[name] = HeadNumbers.Read(data, at, (int)count, type);
            shapes[name] = shape;
            return at + (int)count * width;
        }
    }
}
