using System.Collections.Generic;
using System.Globalization;

namespace FaceLive.Tests
{
    /// <summary>play FILE: plays a recording in steps of a millisecond; when each frame came, and when the first avatar did.</summary>
    internal static class PlayCommand
    {
        public static int Run(string[] args)
        {
            var player = new RecordingPlayer(args[0]);
            var times = new List<string>();
            int avatarMs = -1;
            for (int ms = 0; !player.Ended && ms < 20000; ms++)
            {
                if (player.Advance(ms == 0 ? 0.0 : 0.001, out Frame frame))
                    times.Add(frame.Sequence.ToString(CultureInfo.InvariantCulture) + "@" + ms.ToString(CultureInfo.InvariantCulture));
                if (avatarMs < 0 && player.AvatarOf(0) != null) avatarMs = ms;
            }
            Json.Line("frames", string.Join(" ", times), "avatar", avatarMs);
            return 0;
        }
    }
}
