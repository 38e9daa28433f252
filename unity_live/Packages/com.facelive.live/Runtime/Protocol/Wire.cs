namespace FaceLive
{
    /// <summary>Constants of the wire format; docs/wire.md of the repository describes every byte.</summary>
    public static class Wire
    {
        public const byte Major = 1;
        public const byte Minor = 0;
        public const int MaximumFaces = 32;
        public const int MaximumValues = 4096;

        /// <summary>Bytes; no message is longer, sockets drop a peer that sends more.</summary>
        public const int MaximumMessage = 1 << 20;

        public const int FrameHeaderLength = 80;
        public const int FaceHeaderLength = 64;
        public const int EnvelopeLength = 56;

        // The first four bytes of a message, read as a little-endian number.
        public const uint FrameMagic = 0x52464C46; // FLFR
        public const uint SchemaMagic = 0x43534C46; // FLSC
        public const uint AvatarMagic = 0x56414C46; // FLAV
        public const uint EventMagic = 0x56454C46; // FLEV
        public const uint StateMagic = 0x42484C46; // FLHB
    }
}
