using System.Collections.Generic;

namespace FaceLive
{
    /// <summary>
    /// The transports that are compiled in. Each registers itself when it loads; registering twice changes nothing, so
    /// that entering play mode without a domain reload is harmless.
    /// </summary>
    public static class Transports
    {
        private static readonly object Gate = new object();
        private static readonly List<ITransport> Known = new List<ITransport>();

        public static void Register(ITransport transport)
        {
            lock (Gate)
            {
                Known.RemoveAll(other => other.Name == transport.Name);
                Known.Add(transport);
                // Assemblies load in any order: by name, which puts the quicker libzmq before netmq.
                Known.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
            }
        }

        /// <summary>name: empty takes the first that works. Throws TransportException that says what is missing.</summary>
        public static ITransport Find(string name = "")
        {
            string problems = "";
            lock (Gate)
            {
                foreach (ITransport transport in Known)
                {
                    if (!string.IsNullOrEmpty(name) && transport.Name != name) continue;
                    if (transport.IsAvailable(out string problem)) return transport;
                    problems += "\n" + transport.Name + ": " + problem;
                }
            }
            throw new TransportException(
                "no ZeroMQ transport works here: put the native libzmq into the project or install NetMQ "
                + "(see Documentation~/transports.md)" + problems);
        }
    }
}
