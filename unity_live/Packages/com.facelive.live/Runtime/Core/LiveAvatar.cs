using UnityEngine;

namespace FaceLive
{
    /// <summary>A character that follows one face of a stream. Drop it on the character and give it a map.</summary>
    [AddComponentMenu("facelive/Live Avatar")]
    public sealed class LiveAvatar : MonoBehaviour
    {
        [Tooltip("Empty: the first receiver in the scene.")]
        public LiveReceiver receiver;

        public AvatarMap map;
        public AvatarDriverOptions options = new AvatarDriverOptions();

        private AvatarDriver driver;
        private Schema schema;
        private AvatarMap bound;
        private int serial;
        private bool told;

        /// <summary>What moves the character; null while disabled.</summary>
        public AvatarDriver Driver => driver;

        private void OnEnable()
        {
            driver = new AvatarDriver(options);
            schema = null;
            bound = null;
            told = false;
        }

        private void OnDisable()
        {
            driver?.Binding?.Restore();
            driver = null;
        }

        private void LateUpdate()
        {
            // A component made in code wakes up before it has been given its map: look every frame.
            if (receiver == null) receiver = SceneObjects.Any<LiveReceiver>();
            if (receiver == null || map == null)
            {
                if (!told) Debug.LogWarning("facelive: LiveAvatar needs a LiveReceiver in the scene and an AvatarMap", this);
                told = true;
                return;
            }
            StreamClient client = receiver.Client;
            if (driver == null || client == null) return;
            bool other = !ReferenceEquals(client.Schema, schema) || map != bound;
            if (client.Schema != null && other) Bind(client.Schema);
            if (schema == null) return;
            if (receiver.Frame != null && receiver.Serial != serial)
            {
                serial = receiver.Serial;
                if (receiver.Frame.SchemaHash == schema.Hash) driver.Take(receiver.Frame);
            }
            driver.Show(client, MonotonicClock.NowNs);
        }

        private void Bind(Schema next)
        {
            schema = next;
            bound = map;
            driver.Bind(map, transform, next);
            if (driver.Binding.Missing.Count > 0)
                Debug.LogWarning("facelive: not on this character or not in this stream: "
                    + string.Join(", ", driver.Binding.Missing), this);
        }
    }
}
