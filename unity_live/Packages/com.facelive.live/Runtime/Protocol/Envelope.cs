namespace FaceLive
{
    /// <summary>What every message but the frame begins with; JSON follows.</summary>
    public struct Envelope
    {
        public uint Magic;
        public ulong SchemaHash;
        public ulong StreamId;

        /// <summary>Counts the messages of the status port from 1; 0 on the data port.</summary>
        public ulong Sequence;

        public long SentNs;
        public ulong ClockId;
        public int PayloadAt;
        public int PayloadLength;

        /// <summary>Reads the envelope; the payload is not looked at. Never throws.</summary>
        public static DecodeResult Read(byte[] data, int length, out Envelope envelope)
        {
            envelope = default;
            if (length > data.Length || length < 4) return DecodeResult.TooShort;
            uint magic = Bytes.U32(data, 0);
            if (magic != Wire.SchemaMagic && magic != Wire.AvatarMagic && magic != Wire.EventMagic
                && magic != Wire.StateMagic) return DecodeResult.WrongMagic;
            if (length > 4 && data[4] != Wire.Major) return DecodeResult.OtherVersion;
            if (length < Wire.EnvelopeLength) return DecodeResult.TooShort;
            if (length > Wire.MaximumMessage) return DecodeResult.TooLong;
            int headerLength = Bytes.U16(data, 6);
            uint payload = Bytes.U32(data, 48);
            if (headerLength < Wire.EnvelopeLength) return DecodeResult.BadLayout;
            if (headerLength + (long)payload > length) return DecodeResult.TooShort;
            envelope.Magic = magic;
            envelope.SchemaHash = Bytes.U64(data, 8);
            envelope.StreamId = Bytes.U64(data, 16);
            envelope.Sequence = Bytes.U64(data, 24);
            envelope.SentNs = Bytes.I64(data, 32);
            envelope.ClockId = Bytes.U64(data, 40);
            envelope.PayloadAt = headerLength;
            envelope.PayloadLength = (int)payload;
            return DecodeResult.Ok;
        }
    }
}
