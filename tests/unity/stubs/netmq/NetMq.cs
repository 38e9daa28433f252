using System;

namespace AsyncIO
{
    public static class ForceDotNet
    {
        public static void Force()
        {
        }
    }
}

namespace NetMQ
{
    public sealed class NetMQCertificate
    {
        public NetMQCertificate()
        {
        }

        public NetMQCertificate(byte[] secretKey, byte[] publicKey)
        {
        }
    }

    public sealed class SocketOptions
    {
        public TimeSpan Linger { get; set; }

        public long MaxMsgSize { get; set; }

        public TimeSpan ReconnectInterval { get; set; }

        public TimeSpan ReconnectIntervalMax { get; set; }

        public bool IPv4Only { get; set; }

        public int SendHighWatermark { get; set; }

        public int ReceiveHighWatermark { get; set; }

        public byte[] CurveServerKey { get; set; }

        public NetMQCertificate CurveCertificate { get; set; }
    }

    public class NetMQException : Exception
    {
    }

    public class EndpointNotFoundException : NetMQException
    {
    }

    public interface IReceivingSocket
    {
    }

    public interface IOutgoingSocket
    {
    }

    public abstract class NetMQSocket : IReceivingSocket, IOutgoingSocket, IDisposable
    {
        public SocketOptions Options { get; } = new SocketOptions();

        public void Connect(string address)
        {
        }

        public void Disconnect(string address)
        {
        }

        public void Dispose()
        {
        }
    }

    public static class ReceivingSocketExtensions
    {
        public static bool TryReceiveFrameBytes(this IReceivingSocket socket, out byte[] bytes)
        {
            bytes = null;
            return false;
        }
    }

    public static class OutgoingSocketExtensions
    {
        public static bool TrySendFrame(this IOutgoingSocket socket, byte[] data, bool more = false) => false;
    }

    [Flags]
    public enum PollEvents
    {
        None = 0,
        PollIn = 1,
        PollOut = 2,
        PollError = 4,
    }

    public sealed class NetMQSelector
    {
        public bool Select(Item[] items, int itemsCount, long timeout) => false;

        public sealed class Item
        {
            public Item(NetMQSocket socket, PollEvents @event)
            {
            }

            public PollEvents ResultEvent { get; set; }
        }
    }

    public static class NetMQConfig
    {
        public static void Cleanup(bool block = true)
        {
        }
    }
}

namespace NetMQ.Sockets
{
    public sealed class SubscriberSocket : NetMQSocket
    {
        public void Subscribe(string topic)
        {
        }
    }

    public sealed class DealerSocket : NetMQSocket
    {
    }
}
