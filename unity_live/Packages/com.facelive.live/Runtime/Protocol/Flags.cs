using System;

namespace FaceLive
{
    /// <summary>Bits of a whole frame. Bits that are not known here are dropped.</summary>
    [Flags]
    public enum FrameFlags
    {
        None = 0,

        /// <summary>The last frame again, for a new subscriber: its age means nothing.</summary>
        Resent = 1,

        /// <summary>From a recording, not from a live face.</summary>
        Replay = 2,

        All = Resent | Replay,
    }

    /// <summary>Bits of one face. Of Tracked, Held and Lost exactly one is set.</summary>
    [Flags]
    public enum FaceFlags
    {
        None = 0,
        Tracked = 1,

        /// <summary>Not seen just now; the last values are held (about 0.3 s).</summary>
        Held = 2,

        /// <summary>Gone: the values ease to neutral and stay there.</summary>
        Lost = 4,
        Calibrating = 8,
        Refined = 16,
        Mirrored = 32,

        /// <summary>The identity of this face is settled.</summary>
        Locked = 64,

        State = Tracked | Held | Lost,
        All = State | Calibrating | Refined | Mirrored | Locked,
    }
}
