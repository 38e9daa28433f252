using UnityEngine;

namespace FaceLive
{
    /// <summary>How a <see cref="LiveAvatar"/> behaves.</summary>
    [System.Serializable]
    public sealed class AvatarDriverOptions
    {
        [Tooltip("The face with this number in the frame: 0 is the main person. Ignored when an id is given.")]
        public int faceNumber;

        [Tooltip("Follow one id only; -1 for none.")]
        public long faceId = -1;

        [Tooltip("Show values between frames: smooth on fast displays, late by the delay below.")]
        public bool interpolate;

        [Tooltip("Milliseconds behind the capture; about one and a half frames of the stream.")]
        public float delayMs = 50f;

        [Tooltip("Seconds that the last values are held when the stream falls silent.")]
        public float holdSeconds = 0.3f;

        [Tooltip("Seconds in which they then ease to neutral.")]
        public float easeSeconds = 0.7f;

        [Tooltip("Take identity, styles and colours from the stream.")]
        public bool followIdentity = true;
    }

    /// <summary>Frames in, one character moved. A plain class, so that it can be tested without a scene.</summary>
    public sealed class AvatarDriver
    {
        private readonly AvatarDriverOptions options;
        private readonly FrameHistory history = new FrameHistory();
        private readonly SilenceEaser easer;
        private readonly Face shown = new Face();
        private AvatarBinding binding;
        private AvatarMessage identity;
        private StreamClient asked;
        private System.Func<uint, AvatarMessage> avatarOf;
        private uint followed;
        private long heardNs;
        private ulong streamId;

        public AvatarDriver(AvatarDriverOptions options)
        {
            this.options = options;
            easer = new SilenceEaser(options.holdSeconds, options.easeSeconds);
        }

        /// <summary>What is shown now. Its values are valid until the next Show.</summary>
        public Face Shown => shown;

        public AvatarBinding Binding => binding;

        public void Bind(AvatarMap map, Transform root, Schema schema)
        {
            binding?.Restore();
            binding = new AvatarBinding(map, root, schema);
            history.Clear();
            identity = null;
        }

        /// <summary>A new frame. False if the person that is followed is not in it.</summary>
        public bool Take(Frame frame)
        {
            if (frame.StreamId != streamId)
            {
                streamId = frame.StreamId;
                history.Clear();
                identity = null;
            }
            Face face = Followed(frame);
            if (face == null) return false;
            followed = face.Id;
            heardNs = frame.ReceivedNs;
            history.Push(face, frame.CapturedNs);
            return true;
        }

        /// <summary>Moves the character to where it belongs now. False if there is nothing to show yet.</summary>
        public bool Show(StreamClient client, long nowNs)
        {
            // Kept, because making a delegate every frame is work for the garbage collector.
            if (asked != client) avatarOf = client.AvatarOf;
            asked = client;
            return Show(client.Clock, avatarOf, nowNs);
        }

        /// <summary>The same without a client: clock may be null where nothing is interpolated.</summary>
        public bool Show(ClockSync clock, System.Func<uint, AvatarMessage> avatarOf, long nowNs)
        {
            if (binding == null || history.Empty) return false;
            if (options.interpolate && clock != null && clock.TryGet(out long offsetNs, out _))
                history.At(nowNs + offsetNs - (long)(options.delayMs * 1e6f), shown);
            else history.Latest(shown);
            SilenceEaser.Apply(shown, easer.Share((nowNs - heardNs) / 1e9));
            if (options.followIdentity) FollowIdentity(avatarOf(followed));
            return binding.Apply(shown);
        }

        private void FollowIdentity(AvatarMessage newest)
        {
            if (newest == null || ReferenceEquals(newest, identity)) return;
            if (newest.SchemaHash != binding.Schema.Hash) return;
            identity = newest;
            binding.SetAvatar(newest.Values);
        }

        private Face Followed(Frame frame)
        {
            if (options.faceId < 0)
                return options.faceNumber < frame.FaceCount ? frame.GetFace(options.faceNumber) : null;
            for (int i = 0; i < frame.FaceCount; i++)
                if (frame.GetFace(i).Id == options.faceId) return frame.GetFace(i);
            return null;
        }
    }
}
