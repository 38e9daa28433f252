namespace FaceLive
{
    /// <summary>CRC-32 as zlib has it (IEEE 802.3); .NET Standard 2 brings none.</summary>
    public static class Crc32
    {
        private static readonly uint[] Table = MakeTable();

        /// <summary>start: the checksum of what came before, as zlib.crc32's second argument.</summary>
        public static uint Of(byte[] data, int offset, int count, uint start = 0)
        {
            uint crc = ~start;
            for (int i = offset; i < offset + count; i++) crc = Table[(crc ^ data[i]) & 0xFF] ^ (crc >> 8);
            return ~crc;
        }

        private static uint[] MakeTable()
        {
            var table = new uint[256];
            for (uint i = 0; i < 256; i++)
            {
                uint value = i;
                for (int bit = 0; bit < 8; bit++) value = (value & 1) != 0 ? 0xEDB88320u ^ (value >> 1) : value >> 1;
                table[i] = value;
            }
            return table;
        }
    }
}
