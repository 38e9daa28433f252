using System;
using System.IO;

namespace FaceLive.Editor
{
    /// <summary>Tells when a file has changed, by looking at its time now and then.</summary>
    internal sealed class FileWatch
    {
        private readonly double everySeconds;
        private double next;
        private DateTime seen;
        private string path = "";

        public FileWatch(double everySeconds = 0.5) => this.everySeconds = everySeconds;

        public string Path
        {
            get => path;
            set
            {
                path = value ?? "";
                seen = default;
            }
        }

        /// <summary>True once after each change, and the first time.</summary>
        public bool Changed(double now)
        {
            if (path.Length == 0 || now < next) return false;
            next = now + everySeconds;
            if (!File.Exists(path)) return false;
            DateTime written = File.GetLastWriteTimeUtc(path);
            if (written == seen) return false;
            seen = written;
            return true;
        }
    }
}
