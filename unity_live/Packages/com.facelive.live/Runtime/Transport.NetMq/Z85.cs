namespace FaceLive.NetMq
{
    /// <summary>ZeroMQ's text form of 32-byte keys (RFC 32): NetMQ wants the bytes.</summary>
    internal static class Z85
    {
        private const string Alphabet =
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

        /// <summary>Throws TransportException if a character is foreign. The length is checked by CurveKeys.</summary>
        public static byte[] Decode(string text)
        {
            var bytes = new byte[text.Length / 5 * 4];
            for (int block = 0; block < text.Length / 5; block++)
            {
                uint value = 0;
                for (int i = 0; i < 5; i++)
                {
                    int digit = Alphabet.IndexOf(text[5 * block + i]);
                    if (digit < 0) throw new TransportException("a CURVE key holds a character that is not Z85");
                    value = value * 85 + (uint)digit;
                }
                for (int i = 0; i < 4; i++) bytes[4 * block + i] = (byte)(value >> (24 - 8 * i));
            }
            return bytes;
        }
    }
}
