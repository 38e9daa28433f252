using System;
using System.IO;

namespace FaceLive
{
    /// <summary>
    /// Records a stream into a file as it arrives: client.SetTap(writer.Take). Frames, avatars and events are kept, as in
    /// Python's recordings. Any thread; a file that a crash cut off is read up to its last whole message.
    /// </summary>
    public sealed class RecordingWriter : IDisposable
    {
        private static readonly DateTime Epoch = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);

        private readonly object gate = new object();
        private FileStream file;

        /// <summary>
        /// schema: what the frames are read with (StreamClient.Schema). overwrite: replace a recording that is there.
        /// Throws IOException, also where a file is there already.
        /// </summary>
        public RecordingWriter(string path, Schema schema, bool overwrite = false)
        {
            file = new FileStream(path, overwrite ? FileMode.Create : FileMode.CreateNew, FileAccess.Write, FileShare.Read);
            try
            {
                Recording.WriteHeader(file, schema, (DateTime.UtcNow - Epoch).TotalSeconds, "facelive-unity");
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }

        /// <summary>Messages written.</summary>
        public long Written { get; private set; }

        /// <summary>Why it stopped (a full disk); null while all is well. The stream itself goes on.</summary>
        public string Problem { get; private set; }

        /// <summary>One message, stamped with the time of its arrival.</summary>
        public void Take(byte[] message, int length)
        {
            uint magic = length < 4 ? 0 : Bytes.U32(message, 0);
            if (magic != Wire.FrameMagic && magic != Wire.AvatarMagic && magic != Wire.EventMagic) return;
            lock (gate)
            {
                if (file == null || Problem != null) return;
                try
                {
                    Recording.WriteRecord(file, message, length, MonotonicClock.NowNs);
                    Written++;
                }
                catch (IOException error)
                {
                    Problem = error.Message;
                }
            }
        }

        public void Dispose()
        {
            lock (gate)
            {
                FileStream open = file;
                file = null;
                try
                {
                    open?.Dispose();
                }
                catch (IOException error)
                {
                    Problem = Problem ?? error.Message;
                }
            }
        }
    }
}
