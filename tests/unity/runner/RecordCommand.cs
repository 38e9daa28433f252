using System.Diagnostics;
using System.Globalization;

namespace FaceLive.Tests
{
    /// <summary>record ADDRESS FILE SECONDS: records a live stream, then plays the file: what was written, what came back.</summary>
    internal static class RecordCommand
    {
        public static int Run(string[] args)
        {
            Transports.Register(new LibZmq.LibZmqTransport());
            long written;
            string problem;
            using (var client = new StreamClient(new StreamClientOptions { Address = args[0] }))
            {
                client.Start();
                var watch = Stopwatch.StartNew();
                while (client.Schema == null && watch.Elapsed.TotalSeconds < 10.0) client.WaitForFrame(20);
                using (var writer = new RecordingWriter(args[1], client.Schema))
                {
                    client.SetTap(writer.Take);
                    System.Threading.Thread.Sleep((int)(1000 * double.Parse(args[2], CultureInfo.InvariantCulture)));
                    client.SetTap(null);
                    written = writer.Written;
                    problem = writer.Problem ?? "";
                }
            }
            var player = new RecordingPlayer(args[1]);
            long played = 0, wrong = 0;
            bool identity = false;
            while (!player.Ended)
            {
                if (!player.Advance(1.0 / 240.0, out Frame frame)) continue;
                played++;
                if (frame.GetFace(0).Weights[3] != ((31 * frame.Sequence + 51) % 1024) / 1024f) wrong++;
                identity |= player.AvatarOf(frame.GetFace(0).Id) != null;
            }
            Json.Line("written", written, "problem", problem, "played", played, "wrong", wrong, "identity", identity, "lost", player.LostBytes);
            return 0;
        }
    }
}
