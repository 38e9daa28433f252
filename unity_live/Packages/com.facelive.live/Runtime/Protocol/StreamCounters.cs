using System;
using System.Threading;

namespace FaceLive
{
    /// <summary>A summary of times in milliseconds.</summary>
    public struct Percentiles
    {
        public int Count;
        public double P50, P95, P99, Maximum;

        public override string ToString() =>
            string.Format(
                System.Globalization.CultureInfo.InvariantCulture, "p50 {0:0.00} p95 {1:0.00} p99 {2:0.00} ms", P50, P95,
                P99);
    }

    /// <summary>The last times of one kind, in a ring of fixed size. Any thread may write and read.</summary>
    public sealed class LatencyCounter
    {
        private readonly float[] ring;
        private readonly object gate = new object();
        private int next;
        private int count;

        public LatencyCounter(int capacity = 1024) => ring = new float[capacity];

        public void Add(double milliseconds)
        {
            lock (gate)
            {
                ring[next] = (float)milliseconds;
                next = (next + 1) % ring.Length;
                if (count < ring.Length) count++;
            }
        }

        public void Reset()
        {
            lock (gate) count = next = 0;
        }

        /// <summary>Sorts a copy: for a panel that is drawn now and then, not for every frame.</summary>
        public Percentiles Summary()
        {
            float[] sorted;
            lock (gate)
            {
                sorted = new float[count];
                Array.Copy(ring, sorted, count);
            }
            if (sorted.Length == 0) return default;
            Array.Sort(sorted);
            return new Percentiles
            {
                Count = sorted.Length,
                P50 = At(sorted, 0.50),
                P95 = At(sorted, 0.95),
                P99 = At(sorted, 0.99),
                Maximum = sorted[sorted.Length - 1],
            };
        }

        private static double At(float[] sorted, double share) =>
            sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
    }

    /// <summary>What a stream has brought so far. Written by the receiving thread, read by any.</summary>
    public sealed class StreamCounters
    {
        private long frames, lost, refused, restarts;
        private ulong streamId, sequence;

        /// <summary>Publish to arrival here; needs a compared clock. Frames sent again are left out.</summary>
        public readonly LatencyCounter Transport = new LatencyCounter();

        /// <summary>Capture to arrival here.</summary>
        public readonly LatencyCounter Age = new LatencyCounter();

        /// <summary>Frames decoded.</summary>
        public long Frames => Interlocked.Read(ref frames);

        /// <summary>Frames that the publisher numbered and that did not arrive.</summary>
        public long Lost => Interlocked.Read(ref lost);

        /// <summary>Messages that were no sane frame or status message.</summary>
        public long Refused => Interlocked.Read(ref refused);

        /// <summary>How often another stream id appeared: the publisher was started again.</summary>
        public long Restarts => Interlocked.Read(ref restarts);

        internal void Refuse() => Interlocked.Increment(ref refused);

        /// <summary>True if the frame comes from another publisher than the one before.</summary>
        internal bool Take(Frame frame, ClockSync clock)
        {
            Interlocked.Increment(ref frames);
            bool changed = frame.StreamId != streamId;
            if (changed)
            {
                if (streamId != 0) Interlocked.Increment(ref restarts);
                streamId = frame.StreamId;
            }
            else if (frame.Sequence > sequence + 1)
            {
                ulong gap = frame.Sequence - sequence - 1;
                Interlocked.Add(ref lost, (long)Math.Min(gap, 1UL << 40));
            }
            sequence = frame.Sequence;
            bool timed = (frame.Flags & (FrameFlags.Resent | FrameFlags.Replay)) == 0;
            if (timed && !changed && clock.TryGet(out long offsetNs, out _))
            {
                long arrived = frame.ReceivedNs + offsetNs;
                Transport.Add((arrived - frame.PublishedNs) / 1e6);
                Age.Add((arrived - frame.CapturedNs) / 1e6);
            }
            return changed;
        }
    }
}
