using System;
using System.IO;
using UnityEngine;

namespace FaceLive.Samples
{
    /// <summary>
    /// Plays a .flrec file: no stream, no ZeroMQ. Put it on your character and give it the character's map, or on an empty
    /// object: then the built-in head plays it. "facelive record me.flrec" makes one, so does FaceLive.RecordingWriter.
    /// </summary>
    public sealed class RecordingPlayback : MonoBehaviour
    {
        [Tooltip("Path of a .flrec file.")]
        public string file = "";

        [Tooltip("Empty: the built-in head.")]
        public AvatarMap map;

        public bool loop = true;

        private RecordingPlayer player;
        private AvatarDriver driver;
        private GameObject head;

        private void OnEnable()
        {
            try
            {
                player = new RecordingPlayer(file) { Loop = loop };
            }
            catch (Exception error) when (error is FormatException || error is IOException || error is ArgumentException
                || error is UnauthorizedAccessException)
            {
                Debug.LogError("facelive: cannot play '" + file + "': " + error.Message, this);
                enabled = false;
                return;
            }
            if (map == null && head == null)
            {
                head = HeadBuilder.Build();
                head.transform.SetParent(transform, false);
            }
            driver = new AvatarDriver(new AvatarDriverOptions());
            if (map == null) driver.Bind(head.GetComponent<BuiltInHead>().map, head.transform, player.Schema);
            else driver.Bind(map, transform, player.Schema);
        }

        private void OnDisable() => driver?.Binding?.Restore();

        private void LateUpdate()
        {
            if (player.Advance(Time.deltaTime, out Frame frame)) driver.Take(frame);
            driver.Show(null, player.AvatarOf, MonotonicClock.NowNs);
        }
    }
}
