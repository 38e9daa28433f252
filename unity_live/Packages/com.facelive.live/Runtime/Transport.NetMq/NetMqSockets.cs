using System;
using System.Threading;
using NetMQ;
using NetMQ.Sockets;

namespace FaceLive.NetMq
{
    /// <summary>
    /// Three NetMQ sockets. NetMQ has one context per process: it is ended when the last client has closed, never before,
    /// because ending it with an open socket is what freezes editors (NetMQ issues 98, 526, 631).
    /// </summary>
    internal sealed class NetMqSockets : IStreamSockets
    {
        // Nothing can wake NetMQ's select from another thread, so it never waits longer than this.
        private const int LongestWaitMs = 40;
        private static int clients;

        private readonly SubscriberSocket data, status;
        private readonly DealerSocket control;
        private readonly StreamAddress address;
        private readonly NetMQSelector selector = new NetMQSelector();
        private readonly NetMQSelector.Item[] items;
        private volatile bool interrupted;
        private bool closed;
        private int finished;

        public NetMqSockets(StreamAddress address, CurveKeys keys)
        {
            this.address = address;
            Interlocked.Increment(ref clients);
            try
            {
                // AsyncIO would use completion ports of Windows by P/Invoke, which Unity's runtime does not bear (NetMQ 631, 684).
                AsyncIO.ForceDotNet.Force();
                NetMQCertificate own = OwnKeys(keys);
                data = new SubscriberSocket();
                data.Options.ReceiveHighWatermark = 4;
                data.Subscribe("FLFR");
                Open(data, address, address.Data, keys, own);
                status = new SubscriberSocket();
                status.Subscribe("");
                Open(status, address, address.Status, keys, own);
                control = new DealerSocket();
                control.Options.SendHighWatermark = 4;
                Open(control, address, address.Control, keys, own);
                items = new[]
                {
                    new NetMQSelector.Item(data, PollEvents.PollIn),
                    new NetMQSelector.Item(status, PollEvents.PollIn),
                    new NetMQSelector.Item(control, PollEvents.PollIn),
                };
            }
            catch (Exception error)
            {
                Close();
                Finish();
                throw error as TransportException ?? new TransportException("NetMQ: " + error.Message, error);
            }
        }

        public Readable Wait(int timeoutMs)
        {
            if (interrupted) return Readable.Nothing;
            if (!selector.Select(items, items.Length, Math.Min(timeoutMs, LongestWaitMs))) return Readable.Nothing;
            Readable ready = Readable.Nothing;
            if (items[0].ResultEvent != PollEvents.None) ready |= Readable.Data;
            if (items[1].ResultEvent != PollEvents.None) ready |= Readable.Status;
            if (items[2].ResultEvent != PollEvents.None) ready |= Readable.Control;
            return ready;
        }

        public int Receive(Readable port, byte[] into)
        {
            NetMQSocket socket = port == Readable.Data ? data : port == Readable.Status ? (NetMQSocket)status : control;
            if (!socket.TryReceiveFrameBytes(out byte[] bytes)) return 0;
            if (bytes.Length == 0 || bytes.Length > into.Length) return -1;
            Buffer.BlockCopy(bytes, 0, into, 0, bytes.Length);
            return bytes.Length;
        }

        public bool Send(byte[] message) => control.TrySendFrame(message);

        public void ConnectAgain(Readable ports)
        {
            if ((ports & Readable.Data) != 0) Again(data, address.Data);
            if ((ports & Readable.Status) != 0) Again(status, address.Status);
            if ((ports & Readable.Control) != 0) Again(control, address.Control);
        }

        public void Interrupt() => interrupted = true;

        public void Close()
        {
            if (closed) return;
            closed = true;
            data?.Dispose();
            status?.Dispose();
            control?.Dispose();
        }

        public void Finish()
        {
            if (Interlocked.Exchange(ref finished, 1) == 1) return;
            if (Interlocked.Decrement(ref clients) == 0) NetMQConfig.Cleanup(false);
        }

        private static NetMQCertificate OwnKeys(CurveKeys keys)
        {
            if (keys == null) return null;
            return keys.Public == null
                ? new NetMQCertificate()
                : new NetMQCertificate(Z85.Decode(keys.Secret), Z85.Decode(keys.Public));
        }

        private static void Again(NetMQSocket socket, string endpoint)
        {
            try
            {
                socket.Disconnect(endpoint);
            }
            catch (EndpointNotFoundException)
            {
                // It has been dropped already.
            }
            socket.Connect(endpoint);
        }

        private static void Open(
            NetMQSocket socket, StreamAddress address, string endpoint, CurveKeys keys, NetMQCertificate own)
        {
            socket.Options.Linger = TimeSpan.Zero;
            socket.Options.MaxMsgSize = Wire.MaximumMessage;
            socket.Options.ReconnectInterval = TimeSpan.FromMilliseconds(100);
            socket.Options.ReconnectIntervalMax = TimeSpan.FromMilliseconds(500);
            if (address.IsIPv6) socket.Options.IPv4Only = false;
            if (keys != null)
            {
                socket.Options.CurveServerKey = Z85.Decode(keys.Server);
                socket.Options.CurveCertificate = own;
            }
            socket.Connect(endpoint);
        }
    }
}
