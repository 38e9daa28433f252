namespace FaceLive
{
    /// <summary>Four time stamps of one question and its answer (as NTP, RFC 5905).</summary>
    public struct Ping
    {
        /// <summary>Here, before sending and on return.</summary>
        public long SentNs, ReturnedNs;

        /// <summary>At the publisher, on arrival and before the answer.</summary>
        public long ReceivedNs, RepliedNs;

        /// <summary>Time on the way, without the time that the publisher took.</summary>
        public long RoundTripNs => (ReturnedNs - SentNs) - (RepliedNs - ReceivedNs);

        /// <summary>Publisher's clock minus ours; wrong by at most half the round trip.</summary>
        public long OffsetNs => ((ReceivedNs - SentNs) + (RepliedNs - ReturnedNs)) / 2;
    }

    /// <summary>
    /// Offset of the publisher's clock, from the ping with the smallest round trip among the newest. Old pings are
    /// forgotten, because two crystals drift by some 20 us a second at worst. One thread writes, any thread may read.
    /// </summary>
    public sealed class ClockSync
    {
        private readonly Ping[] pings;
        private readonly long windowNs;
        private readonly object gate = new object();
        private int next;
        private int count;
        private Ping best;

        public ClockSync(double windowSeconds = 60.0, int capacity = 64)
        {
            windowNs = (long)(windowSeconds * 1e9);
            pings = new Ping[capacity];
        }

        /// <summary>Answers kept.</summary>
        public int Count
        {
            get { lock (gate) return count; }
        }

        /// <summary>False, and nothing is kept, when the stamps are impossible.</summary>
        public bool Add(Ping ping)
        {
            if (ping.ReturnedNs < ping.SentNs || ping.RepliedNs < ping.ReceivedNs || ping.RoundTripNs < 0) return false;
            lock (gate)
            {
                pings[next] = ping;
                next = (next + 1) % pings.Length;
                if (count < pings.Length) count++;
                best = ping;
                for (int i = 0; i < count; i++)
                {
                    bool young = ping.ReturnedNs - pings[i].ReturnedNs <= windowNs;
                    if (young && pings[i].RoundTripNs < best.RoundTripNs) best = pings[i];
                }
            }
            return true;
        }

        /// <summary>Forget everything: the publisher was started again, perhaps on another machine.</summary>
        public void Reset()
        {
            lock (gate)
            {
                count = 0;
                next = 0;
            }
        }

        /// <summary>False before the first answer. The error is at most half the round trip.</summary>
        public bool TryGet(out long offsetNs, out long roundTripNs)
        {
            lock (gate)
            {
                offsetNs = count > 0 ? best.OffsetNs : 0;
                roundTripNs = count > 0 ? best.RoundTripNs : 0;
                return count > 0;
            }
        }
    }
}
