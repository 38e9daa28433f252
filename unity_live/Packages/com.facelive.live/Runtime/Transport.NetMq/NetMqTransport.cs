using UnityEngine;
using UnityEngine.Scripting;

// Nothing refers to this assembly: without this a player build strips it, and no transport is registered.
[assembly: AlwaysLinkAssembly]

namespace FaceLive.NetMq
{
    /// <summary>ZeroMQ in C# alone: slower than libzmq, but nothing native is needed. Compiled where NetMQ is installed.</summary>
    public sealed class NetMqTransport : ITransport
    {
        public string Name => "netmq";

        public bool IsAvailable(out string problem)
        {
            problem = "";
            return true;
        }

        public IStreamSockets Open(StreamAddress address, CurveKeys keys)
        {
            if (!address.Data.StartsWith("tcp://", System.StringComparison.Ordinal))
                throw new TransportException("NetMQ speaks tcp:// only; use libzmq for " + address.Data);
            return new NetMqSockets(address, keys);
        }

        [RuntimeInitializeOnLoadMethod(RuntimeInitializeLoadType.SubsystemRegistration)]
        private static void Register() => Transports.Register(new NetMqTransport());

#if UNITY_EDITOR
        [UnityEditor.InitializeOnLoadMethod]
        private static void RegisterInEditor() => Register();
#endif
    }
}
