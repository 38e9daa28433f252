namespace FaceLive
{
    /// <summary>
    /// Random numbers that Python and C# make alike (Steele, Lea, Flood: Fast splittable pseudorandom number generators,
    /// OOPSLA 2014). The Python twin is train/facelive/train/formats/splitmix.py.
    /// </summary>
    public sealed class SplitMix64
    {
        private ulong state;

        public SplitMix64(ulong seed) => state = seed;

        /// <summary>A stream of its own for each picture: a data set can be resumed anywhere.</summary>
        public static SplitMix64 For(ulong seed, int index)
        {
            var mixer = new SplitMix64(seed);
            return new SplitMix64(unchecked(mixer.Next() + (ulong)index * 0xD1342543DE82EF95UL));
        }

        public ulong Next()
        {
            unchecked
            {
                state += 0x9E3779B97F4A7C15UL;
                ulong z = state;
                z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
                z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
                return z ^ (z >> 31);
            }
        }

        /// <summary>0 inclusive .. 1 exclusive, 24 bits: exact as float.</summary>
        public float Unit() => (Next() >> 40) / 16777216f;

        /// <summary>0 .. count - 1.</summary>
        public int Below(int count) => (int)((Next() >> 33) % (ulong)count);
    }
}
