using System;
using UnityEngine;
using UnityEngine.Scripting;

// Nothing refers to this assembly: without this a player build strips it, and no transport is registered.
[assembly: AlwaysLinkAssembly]

namespace FaceLive.LibZmq
{
    /// <summary>ZeroMQ through the native libzmq, which the project or the system supplies.</summary>
    public sealed class LibZmqTransport : ITransport
    {
        public string Name => "libzmq";

        public bool IsAvailable(out string problem)
        {
            try
            {
                Native.zmq_version(out int major, out int minor, out _);
                bool good = major > 4 || (major == 4 && minor >= 2);
                problem = good ? "" : "libzmq " + major + "." + minor + " is too old, 4.2 is needed";
                return good;
            }
            catch (Exception error) when (error is DllNotFoundException || error is EntryPointNotFoundException
                || error is BadImageFormatException)
            {
                problem = "the native library is missing or does not fit this platform (" + error.Message + ")";
                return false;
            }
        }

        public IStreamSockets Open(StreamAddress address, CurveKeys keys) => new LibZmqSockets(address, keys);

        [RuntimeInitializeOnLoadMethod(RuntimeInitializeLoadType.SubsystemRegistration)]
        private static void Register() => Transports.Register(new LibZmqTransport());

#if UNITY_EDITOR
        [UnityEditor.InitializeOnLoadMethod]
        private static void RegisterInEditor() => Register();
#endif
    }
}
