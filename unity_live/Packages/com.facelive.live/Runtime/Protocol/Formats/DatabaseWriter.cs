using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace FaceLive
{
    /// <summary>Draws the picture of a parameter vector: the game engine, or a stand-in in tests.</summary>
    public interface IPictureSource
    {
        /// <summary>"jpg" or "png".</summary>
        string Extension { get; }

        byte[] Draw(float[] parameters);
    }

    public sealed class DatabaseOptions
    {
        public string Folder = "";
        public int Count = 16000;

        /// <summary>0 .. 1: how much is kept for the test, at the end of the numbers.</summary>
        public double TestShare = 0.2;

        /// <summary>Moves the rendered parameters by up to this share of their range.</summary>
        public float Noise;

        public ulong Seed = 1;

        /// <summary>The digit at the end of each name.</summary>
        public int Shape = EvalBytes.Female;
    }

    /// <summary>
    /// Writes folder/train and folder/test with pictures, db_description and schema.json. One step at a time, so that an
    /// editor can draw its progress, cancel, and go on later: pictures that exist are not drawn again.
    /// </summary>
    public sealed class DatabaseWriter
    {
        private readonly DatabaseOptions options;
        private readonly Schema schema;
        private readonly IPictureSource pictures;
        private readonly List<DbEntry> train = new List<DbEntry>();
        private readonly List<DbEntry> test = new List<DbEntry>();
        private readonly int trainCount;

        public DatabaseWriter(DatabaseOptions options, Schema schema, IPictureSource pictures)
        {
            if (options.Count < 1 || options.Count > 100000) throw new FormatException("a data set has 1 to 100,000 pictures");
            if (!(options.TestShare >= 0.0 && options.TestShare < 1.0)) throw new FormatException("the test share lies in 0 .. 1");
            if (!(options.Noise >= 0f && options.Noise <= 1f)) throw new FormatException("noise lies in 0 .. 1");
            this.options = options;
            this.schema = schema;
            this.pictures = pictures;
            trainCount = options.Count - (int)Math.Floor(options.Count * options.TestShare);
            Directory.CreateDirectory(options.Folder);
            CheckFolder();
            Directory.CreateDirectory(TrainFolder);
            if (trainCount < options.Count) Directory.CreateDirectory(TestFolder);
            File.WriteAllText(Path.Combine(options.Folder, "schema.json"), SchemaJson.Write(schema) + "\n");
        }

        public string TrainFolder => Path.Combine(options.Folder, "train");

        public string TestFolder => Path.Combine(options.Folder, "test");

        /// <summary>Pictures done, drawn now or found.</summary>
        public int Done => train.Count + test.Count;

        public int Drawn { get; private set; }

        public bool Finished => Done == options.Count;

        /// <summary>The next picture. After the last one the descriptions are written.</summary>
        public void Step()
        {
            if (Finished) return;
            int index = Done;
            bool training = index < trainCount;
            float[] values = RandomParameters.Draw(schema, options.Seed, index);
            RandomParameters.Perturb(schema, values, options.Noise, options.Seed, index);
            string name = DbDescription.PictureName(index, options.Shape);
            string path = Path.Combine(training ? TrainFolder : TestFolder, name + "." + pictures.Extension);
            if (!File.Exists(path))
            {
                // A picture is whole or not there: what a crash cuts off is drawn again.
                File.WriteAllBytes(path + ".part", pictures.Draw(values));
                File.Move(path + ".part", path);
                Drawn++;
            }
            (training ? train : test).Add(new DbEntry(name, Columns(values)));
            if (Finished) WriteDescriptions();
        }

        /// <summary>Also for a data set that was cancelled: what is described is there.</summary>
        public void WriteDescriptions()
        {
            if (train.Count > 0) DbDescription.Write(Path.Combine(TrainFolder, DbDescription.FileName), train);
            if (test.Count > 0) DbDescription.Write(Path.Combine(TestFolder, DbDescription.FileName), test);
        }

        /// <summary>Pictures of other parameters under the same names would be wrong labels: another set is refused.</summary>
        private void CheckFolder()
        {
            string text = "{\"schema\":\"" + schema.Hash.ToString("x16", CultureInfo.InvariantCulture) + "\",\"seed\":\""
                + options.Seed.ToString(CultureInfo.InvariantCulture) + "\",\"noise\":" + PythonNumber.Repr(options.Noise)
                + ",\"shape\":" + options.Shape.ToString(CultureInfo.InvariantCulture) + "}\n";
            string path = Path.Combine(options.Folder, "set.json");
            if (File.Exists(path) && File.ReadAllText(path) != text)
                throw new FormatException(options.Folder + " holds another data set: choose an empty folder");
            File.WriteAllText(path, text);
        }

        /// <summary>Only identity, style and colour go into db_description, as in the original work.</summary>
        private float[] Columns(float[] values)
        {
            var columns = new float[schema.AvatarNames.Count];
            for (int i = 0; i < columns.Length; i++) columns[i] = values[schema.IndexOf(schema.AvatarNames[i])];
            return columns;
        }
    }
}
