namespace FaceLive
{
    /// <summary>What became of a message. Everything but Ok leaves the target without faces.</summary>
    public enum DecodeResult
    {
        Ok,

        /// <summary>It does not begin with the topic.</summary>
        WrongMagic,

        /// <summary>Another major version: update the older side.</summary>
        OtherVersion,

        TooShort,
        TooLong,

        /// <summary>Counts or lengths contradict each other or exceed what a frame may hold.</summary>
        BadLayout,

        /// <summary>A number is not finite or out of its range.</summary>
        BadValue,

        /// <summary>The JSON inside is not what the message promises.</summary>
        BadPayload,
    }
}
