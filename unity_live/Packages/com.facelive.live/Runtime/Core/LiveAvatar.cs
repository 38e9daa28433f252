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
        private int serial;

        /// <summary>What moves the character; null while disabled.</summary>
        public AvatarDriver Driver => driver;

        private void OnEnable()
        {
            if (receiver == null) receiver = FindObjectOfType<LiveReceiver>();
            if (receiver == null || map == null)
            {
                Debug.LogError("facelive: LiveAvatar needs a LiveReceiver in the scene and an AvatarMap", this);
                enabled = false;
                return;
            }
            driver = new AvatarDriver(options);
            schema = null;
        }

        private void OnDisable()
        {
            driver?.Binding?.Restore();
            driver = null;
        }

        private void LateUpdate()
        {
            StreamClient client = receiver == null ? null : receiver.Client;
            if (driver == null || client == null) return;
            if (client.Schema != null && !ReferenceEquals(client.Schema, schema)) Bind(client.Schema);
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
            driver.Bind(map, transform, next);
            if (driver.Binding.Missing.Count > 0)
                Debug.LogWarning("facelive: not on this character or not in this stream: "
                    + string.Join(", ", driver.Binding.Missing), this);
        }
    }
}
