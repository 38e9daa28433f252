using System.Globalization;
using System.Text;

namespace FaceLive
{
    /// <summary>
    /// Asks the publisher what time it is: quickly at first, then now and then; and for the schema, if a frame came before
    /// it. Used by the receiving thread.
    /// </summary>
    internal sealed class Pinger
    {
        private const long QuickNs = 60L * 1000 * 1000;
        private const long SlowNs = 2L * 1000 * 1000 * 1000;
        private const int QuickPings = 12;

        private readonly StreamInbox inbox;
        private int generation = -1;
        private int sent;
        private long dueNs;
        private uint id;

        public Pinger(StreamInbox inbox) => this.inbox = inbox;

        public void Tick(IStreamSockets sockets)
        {
            // Questions to a publisher that is not there would queue up and return with useless stamps.
            if (!inbox.Heard) return;
            if (generation != inbox.Generation)
            {
                generation = inbox.Generation;
                sent = 0;
                dueNs = 0;
            }
            long now = MonotonicClock.NowNs;
            if (now < dueNs) return;
            dueNs = now + (sent++ < QuickPings ? QuickNs : SlowNs);
            if (inbox.WantsSchema) sockets.Send(Question("schema", ""));
            sockets.Send(Question("ping", ",\"sent_ns\":" + MonotonicClock.NowNs.ToString(CultureInfo.InvariantCulture)));
        }

        private byte[] Question(string command, string fields) => Encoding.ASCII.GetBytes(
            "{\"major\":" + Wire.Major + ",\"minor\":" + Wire.Minor + ",\"id\":" + id++ + ",\"command\":\"" + command + "\""
            + fields + "}");
    }
}
