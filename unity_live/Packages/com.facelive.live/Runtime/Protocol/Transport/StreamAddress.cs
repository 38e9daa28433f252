using System.Globalization;

namespace FaceLive
{
    /// <summary>The three addresses of a stream: tcp://host:port, and the two ports after it; or ipc://path.</summary>
    public sealed class StreamAddress
    {
        public const string Default = "tcp://127.0.0.1:47800";

        public readonly string Data;
        public readonly string Status;
        public readonly string Control;

        private StreamAddress(string data, string status, string control)
        {
            Data = data;
            Status = status;
            Control = control;
        }

        public bool IsIPv6 => Data.IndexOf('[') >= 0;

        /// <summary>Throws TransportException if the text is no address of a stream.</summary>
        public static StreamAddress Parse(string text)
        {
            string address = (text ?? "").Trim();
            if (address.StartsWith("ipc://", System.StringComparison.Ordinal) && address.Length > 6)
                return new StreamAddress(address, address + "-status", address + "-control");
            int colon = address.LastIndexOf(':');
            bool tcp = address.StartsWith("tcp://", System.StringComparison.Ordinal) && colon > 6;
            if (!tcp || !int.TryParse(
                    address.Substring(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
                || port < 1 || port > 65533)
            {
                throw new TransportException("'" + text + "' is no stream address: write tcp://host:port (port <= 65533)");
            }
            string host = address.Substring(0, colon + 1);
            return new StreamAddress(host + At(port), host + At(port + 1), host + At(port + 2));
        }

        private static string At(int port) => port.ToString(CultureInfo.InvariantCulture);
    }
}
