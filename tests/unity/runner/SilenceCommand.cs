using System.Diagnostics;
using System.Globalization;

namespace FaceLive.Tests
{
    /// <summary>silence ADDRESS SILENT SECONDS: says when the first frame came, then the newest sequence after so long.</summary>
    internal static class SilenceCommand
    {
        public static int Run(string[] args)
        {
            Transports.Register(new LibZmq.LibZmqTransport());
            double silent = double.Parse(args[1], CultureInfo.InvariantCulture), seconds = double.Parse(args[2], CultureInfo.InvariantCulture);
            using (var client = new StreamClient(new StreamClientOptions { Address = args[0], SilentSeconds = silent }))
            {
                client.Start();
                ulong newest = 0;
                var watch = Stopwatch.StartNew();
                while (watch.Elapsed.TotalSeconds < seconds)
                {
                    client.WaitForFrame(50);
                    if (!client.TryTakeFrame(out Frame frame)) continue;
                    if (newest == 0)
                    {
                        Json.Line("event", "heard");
                        watch.Restart();
                    }
                    newest = frame.Sequence;
                }
                Json.Line("newest", newest, "problem", client.Problem ?? "", "refused", client.Counters.Refused);
            }
            return 0;
        }
    }
}
