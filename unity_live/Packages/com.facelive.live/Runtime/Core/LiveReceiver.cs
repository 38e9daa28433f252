using System.Collections.Generic;
using UnityEngine;

namespace FaceLive
{
    /// <summary>One stream of faces. Any number of <see cref="LiveAvatar"/> follow it.</summary>
    [AddComponentMenu("facelive/Live Receiver")]
    [DefaultExecutionOrder(-100)]
    public sealed class LiveReceiver : MonoBehaviour
    {
        private static readonly List<StreamClient> Open = new List<StreamClient>();

        [Tooltip("tcp://host:port of facelive live; status and control are the two ports after it.")]
        public string address = StreamAddress.Default;

        [Tooltip("libzmq, netmq, or empty for the first that works.")]
        public string transport = "";

        [Tooltip("CURVE: the publisher's public key file (facelive keys). Empty: no encryption.")]
        public string serverKeyFile = "";

        [Tooltip("CURVE: our own .key_secret file. Empty: a key for this run, which a publisher with a list of readers refuses.")]
        public string secretKeyFile = "";

        /// <summary>Streams that are open in this process.</summary>
        internal static int OpenStreams => Open.Count;

        private StreamClient client;
        private string told = "";

        /// <summary>Null while disabled.</summary>
        public StreamClient Client => client;

        /// <summary>The newest frame; valid until the next LateUpdate. Null before the first.</summary>
        public Frame Frame { get; private set; }

        /// <summary>Goes up with every frame taken.</summary>
        public int Serial { get; private set; }

        public Schema Schema => client?.Schema;

        /// <summary>A receiver made in code: it opens this address and no other first.</summary>
        public static LiveReceiver Add(GameObject to, string address)
        {
            bool active = to.activeSelf;
            // A component that is added to an active object opens its stream before it can be told which.
            to.SetActive(false);
            var receiver = to.AddComponent<LiveReceiver>();
            receiver.address = address;
            to.SetActive(active);
            return receiver;
        }

        /// <summary>Reads another stream from now on.</summary>
        public void Reopen(string newAddress)
        {
            Close();
            address = newAddress;
            if (isActiveAndEnabled) OnEnable();
        }

        private void OnEnable()
        {
            var options = new StreamClientOptions { Address = address, Transport = transport };
            try
            {
                if (!string.IsNullOrEmpty(serverKeyFile)) options.Keys = CurveKeys.Load(serverKeyFile, secretKeyFile);
            }
            catch (TransportException error)
            {
                // Without its keys a stream is not read at all: falling back to plain text would be worse.
                Debug.LogError("facelive: " + error.Message, this);
                return;
            }
            client = new StreamClient(options);
            Open.Add(client);
            Application.quitting += Close;
#if UNITY_EDITOR
            UnityEditor.AssemblyReloadEvents.beforeAssemblyReload += Close;
            UnityEditor.EditorApplication.playModeStateChanged += OnPlayMode;
#endif
            client.Start();
        }

        private void OnDisable() => Close();

        private void OnApplicationQuit() => Close();

        private void LateUpdate()
        {
            if (client == null) return;
            if (client.TryTakeFrame(out Frame frame))
            {
                Frame = frame;
                Serial++;
            }
            if (client.Problem == null || client.Problem == told) return;
            told = client.Problem;
            Debug.LogError("facelive: " + told, this);
        }

        /// <summary>Closes the stream; may be called twice.</summary>
        public void Close()
        {
            Application.quitting -= Close;
#if UNITY_EDITOR
            UnityEditor.AssemblyReloadEvents.beforeAssemblyReload -= Close;
            UnityEditor.EditorApplication.playModeStateChanged -= OnPlayMode;
#endif
            if (client == null) return;
            StreamClient closing = client;
            client = null;
            Frame = null;
            Open.Remove(closing);
            if (!closing.Stop()) Debug.LogWarning("facelive: a socket did not close in time and is left to the process", this);
        }

        /// <summary>With "domain reload off" statics live on: whatever an earlier play mode left is ended here.</summary>
        [RuntimeInitializeOnLoadMethod(RuntimeInitializeLoadType.SubsystemRegistration)]
        private static void ResetStatics()
        {
            foreach (StreamClient left in Open) left.Stop();
            Open.Clear();
        }

#if UNITY_EDITOR
        private void OnPlayMode(UnityEditor.PlayModeStateChange change)
        {
            if (change == UnityEditor.PlayModeStateChange.ExitingPlayMode) Close();
        }
#endif
    }
}
