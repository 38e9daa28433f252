using System.Diagnostics;

namespace FaceLive
{
    /// <summary>
    /// Nanoseconds of a clock that never jumps. Only differences mean something; <see cref="ClockSync"/> compares it with
    /// the publisher's clock.
    /// </summary>
    public static class MonotonicClock
    {
        private static readonly double NsPerTick = 1e9 / Stopwatch.Frequency;

        // Ticks are counted in decimal steps on all runtimes of Unity; the integer path keeps all digits there.
        private static readonly long WholeNsPerTick =
            1000000000L % Stopwatch.Frequency == 0 ? 1000000000L / Stopwatch.Frequency : 0;

        public static long NowNs
        {
            get
            {
                long ticks = Stopwatch.GetTimestamp();
                return WholeNsPerTick != 0 ? ticks * WholeNsPerTick : (long)(ticks * NsPerTick);
            }
        }
    }
}
