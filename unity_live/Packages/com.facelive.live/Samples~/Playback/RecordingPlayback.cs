using System;
using UnityEngine;

namespace FaceLive.Samples
{
    /// <summary>Plays a .flrec file on a character: no stream, no ZeroMQ.</summary>
    public sealed class RecordingPlayback : MonoBehaviour
    {
        public string file = "";
        public AvatarMap map;
        public bool loop = true;

        private RecordingPlayer player;
        private AvatarDriver driver;

        private void OnEnable()
        {
            try
            {
                player = new RecordingPlayer(file) { Loop = loop };
            }
            catch (Exception error) when (error is FormatException || error is System.IO.IOException)
            {
                Debug.LogError("facelive: " + error.Message, this);
                enabled = false;
                return;
            }
            driver = new AvatarDriver(new AvatarDriverOptions());
            driver.Bind(map, transform, player.Schema);
        }

        private void OnDisable() => driver?.Binding?.Restore();

        private void LateUpdate()
        {
            if (player.Advance(Time.deltaTime, out Frame frame)) driver.Take(frame);
            driver.Show(null, player.AvatarOf, MonotonicClock.NowNs);
        }
    }
}
