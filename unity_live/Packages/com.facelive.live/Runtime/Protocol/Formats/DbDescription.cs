using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace FaceLive
{
    /// <summary>One picture of a data set: its name (without extension) and its parameters.</summary>
    public sealed class DbEntry
    {
        public readonly string Name;
        public readonly float[] Parameters;

        public DbEntry(string name, float[] parameters)
        {
            Name = name;
            Parameters = parameters;
        }
    }

    /// <summary>
    /// The file db_description of the community implementation: int32 count, then per picture a length byte, the name in
    /// UTF-8 and the parameters as float32, little-endian. The number of parameters is not in the file (99 and 103 are in
    /// use, 95 bones and what follows them); it is worked out from the length, because every name is equally long.
    /// </summary>
    public static class DbDescription
    {
        public const string FileName = "db_description";
        private static readonly UTF8Encoding StrictUtf8 = new UTF8Encoding(false, true);

        public static string PictureName(int index, int shape) =>
            string.Format(System.Globalization.CultureInfo.InvariantCulture, "db_{0:00000}_{1}", index, shape);

        public static void Write(string path, IReadOnlyList<DbEntry> entries)
        {
            string partial = path + ".part";
            using (var file = new BinaryWriter(File.Create(partial)))
            {
                file.Write(entries.Count);
                foreach (DbEntry entry in entries)
                {
                    if (entry.Parameters.Length != entries[0].Parameters.Length)
                        throw new FormatException(entry.Name + " has another number of parameters than the first picture");
                    byte[] name = Encoding.UTF8.GetBytes(entry.Name);
                    if (name.Length == 0 || name.Length > 127)
                        throw new FormatException("a name has 1 to 127 bytes: " + entry.Name);
                    file.Write((byte)name.Length);
                    file.Write(name);
                    foreach (float value in entry.Parameters) file.Write(value);
                }
            }
            if (File.Exists(path)) File.Delete(path);
            File.Move(partial, path);
        }

        /// <summary>parameters: how many a picture has, 0 to work it out. Throws FormatException on a malformed file.</summary>
        public static List<DbEntry> Read(string path, int parameters = 0) => Parse(File.ReadAllBytes(path), parameters);

        public static List<DbEntry> Parse(byte[] data, int parameters = 0)
        {
            if (data.Length < 4) throw new FormatException("db_description is cut off");
            int count = Bytes.I32(data, 0);
            if (count < 0 || count > (data.Length - 4) / 2) throw new FormatException("db_description: a count of " + count);
            var entries = new List<DbEntry>();
            if (count > 0 && parameters <= 0) parameters = Guess(data, count);
            int at = 4;
            for (int i = 0; i < count; i++)
            {
                int length = at < data.Length ? data[at] : 0;
                if (length == 0 || (long)at + 1 + length + 4L * parameters > data.Length)
                    throw new FormatException("db_description is cut off at picture " + i);
                var values = new float[parameters];
                Bytes.Floats(data, at + 1 + length, values, parameters);
                foreach (float value in values)
                    if (!Bytes.IsFinite(value)) throw new FormatException("db_description holds a number that is not finite");
                entries.Add(new DbEntry(Name(data, at + 1, length), values));
                at += 1 + length + 4 * parameters;
            }
            if (at != data.Length) throw new FormatException("db_description has " + (data.Length - at) + " bytes too many");
            return entries;
        }

        private static string Name(byte[] data, int at, int length)
        {
            try
            {
                return StrictUtf8.GetString(data, at, length);
            }
            catch (DecoderFallbackException)
            {
                throw new FormatException("db_description: a name is not UTF-8");
            }
        }

        private static int Guess(byte[] data, int count)
        {
            int bytes = (data.Length - 4) / count - 1 - data[4];
            if ((data.Length - 4) % count != 0 || bytes <= 0 || bytes % 4 != 0)
                throw new FormatException("db_description: names differ in length, say how many parameters a picture has");
            return bytes / 4;
        }
    }
}
