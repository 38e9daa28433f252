using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace FaceLive.Tests
{
    /// <summary>
    /// A stand-in for the game engine: a picture of 32 x 32 grey squares, in the plainest PNG-free form (binary PGM), from
    /// whole-number arithmetic that the Python twin repeats bit for bit.
    /// </summary>
    internal sealed class SquaresSource : IPictureSource
    {
        public string Extension => "pgm";

        public byte[] Draw(float[] parameters)
        {
            const int side = 32;
            byte[] head = System.Text.Encoding.ASCII.GetBytes("P5\n32 32\n255\n");
            var picture = new byte[head.Length + side * side];
            head.CopyTo(picture, 0);
            for (int y = 0; y < side; y++)
            for (int x = 0; x < side; x++)
            {
                float value = parameters[(y / 8 * 4 + x / 8) % parameters.Length];
                picture[head.Length + y * side + x] = (byte)(int)Math.Floor(255.0 * Math.Min(1f, Math.Max(0f, value)));
            }
            return picture;
        }
    }

    /// <summary>database SCHEMA FOLDER COUNT SEED NOISE [STOP_AFTER]: the data set of the C# code path.</summary>
    internal static class DatabaseCommand
    {
        public static int Run(string[] args)
        {
            Schema schema = SchemaJson.Read(File.ReadAllText(args[0]), out string problem);
            if (schema == null) throw new FormatException(problem);
            var options = new DatabaseOptions
            {
                Folder = args[1], Count = int.Parse(args[2]), Seed = ulong.Parse(args[3]),
                Noise = float.Parse(args[4], CultureInfo.InvariantCulture),
            };
            int stop = args.Length > 5 ? int.Parse(args[5]) : int.MaxValue;
            var writer = new DatabaseWriter(options, schema, new SquaresSource());
            while (!writer.Finished && writer.Done < stop) writer.Step();
            if (!writer.Finished) writer.WriteDescriptions();
            Json.Line("done", writer.Done, "drawn", writer.Drawn);
            return 0;
        }
    }

    /// <summary>
    /// parse FILE: many small files in one (int32 length, bytes, ...), the first byte of each says what it is: d db_description,
    /// e eval.bytes, r recording. One line each: what was read, or "refused"; no exception but FormatException may come out.
    /// </summary>
    internal static class ParseCommand
    {
        public static int Run(string[] args)
        {
            byte[] all = File.ReadAllBytes(args[0]);
            for (int at = 0; at < all.Length;)
            {
                var data = new byte[BitConverter.ToInt32(all, at) - 1];
                Buffer.BlockCopy(all, at + 5, data, 0, data.Length);
                Console.Out.WriteLine(Describe((char)all[at + 4], data));
                at += 5 + data.Length;
            }
            return 0;
        }

        private static string Describe(char kind, byte[] data)
        {
            try
            {
                if (kind == 'd')
                {
                    List<DbEntry> entries = DbDescription.Parse(data);
                    return entries.Count + " " + (entries.Count == 0 ? 0 : entries[0].Parameters.Length);
                }
                if (kind == 'e') return EvalBytes.Parse(data, out int shape).Length + " " + shape;
                return Recording.Read(data, out _, out int lost).Count + " " + lost;
            }
            catch (FormatException)
            {
                return "refused";
            }
        }
    }

    /// <summary>copy-db FROM TO | copy-eval FROM TO | copy-recording FROM TO | copy-schema FROM TO: read and write again.</summary>
    internal static class CopyCommands
    {
        public static int Db(string[] args) => Guarded(() =>
        {
            List<DbEntry> entries = DbDescription.Read(args[0]);
            DbDescription.Write(args[1], entries);
            Json.Line("entries", entries.Count, "parameters", entries.Count == 0 ? 0 : entries[0].Parameters.Length);
        });

        public static int Eval(string[] args) => Guarded(() =>
        {
            float[] values = EvalBytes.Read(args[0], out int shape);
            EvalBytes.Write(args[1], shape, values);
            Json.Line("shape", shape, "parameters", values.Length);
        });

        public static int Schema(string[] args) => Guarded(() =>
        {
            Schema schema = SchemaJson.Read(File.ReadAllText(args[0]), out string problem);
            if (schema == null) throw new FormatException(problem);
            File.WriteAllText(args[1], SchemaJson.Write(schema));
            Json.Line("parameters", schema.Parameters.Count, "hash", schema.Hash.ToString("x16"));
        });

        public static int Recording(string[] args) => Guarded(() =>
        {
            List<RecordedMessage> records = FaceLive.Recording.Read(File.ReadAllBytes(args[0]), out Schema schema, out int lost);
            using (FileStream file = File.Create(args[1]))
            {
                FaceLive.Recording.WriteHeader(file, schema, 1.5e9, "facelive-unity");
                foreach (RecordedMessage record in records)
                    FaceLive.Recording.WriteRecord(file, record.Message, record.Message.Length, record.AtNs);
            }
            Json.Line("records", records.Count, "lost", lost, "schema", schema.Name);
        });

        /// <summary>Malformed files end in FormatException and in nothing else.</summary>
        private static int Guarded(Action action)
        {
            try
            {
                action();
            }
            catch (FormatException error)
            {
                Json.Line("refused", error.Message);
            }
            return 0;
        }
    }
}
