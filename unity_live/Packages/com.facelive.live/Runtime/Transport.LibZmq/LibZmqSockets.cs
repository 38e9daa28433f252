using System;
using System.Text;
using System.Threading;

namespace FaceLive.LibZmq
{
    /// <summary>Three native sockets with a context of their own.</summary>
    internal sealed class LibZmqSockets : IStreamSockets
    {
        private readonly IntPtr data, status, control;
        private readonly StreamAddress address;
        private readonly PollSet poll;
        private IntPtr context;

        public LibZmqSockets(StreamAddress address, CurveKeys keys)
        {
            this.address = address;
            context = Native.zmq_ctx_new();
            if (context == IntPtr.Zero) throw Failure("cannot make a ZeroMQ context");
            try
            {
                string[] own = OwnKeys(keys);
                data = Socket(Native.Sub, address, keys, own);
                // Only the newest frame is worth anything. Conflating keeps one message, so other topics stay out.
                Set(data, Native.Conflate, 1);
                Set(data, Native.Subscribe, Encoding.ASCII.GetBytes("FLFR"));
                Connect(data, address.Data);
                status = Socket(Native.Sub, address, keys, own);
                Set(status, Native.ReceiveHwm, 1000);
                Set(status, Native.Subscribe, Array.Empty<byte>());
                Connect(status, address.Status);
                control = Socket(Native.Dealer, address, keys, own);
                Set(control, Native.SendHwm, 4);
                Connect(control, address.Control);
                poll = new PollSet(data, status, control);
            }
            catch
            {
                Close();
                Finish();
                throw;
            }
        }

        public Readable Wait(int timeoutMs) => (Readable)poll.Wait(timeoutMs);

        public int Receive(Readable port, byte[] into)
        {
            IntPtr socket = port == Readable.Data ? data : port == Readable.Status ? status : control;
            int length = Native.zmq_recv(socket, into, (UIntPtr)into.Length, Native.DontWait);
            if (length < 0) return 0;
            return length > into.Length ? -1 : length == 0 ? -1 : length;
        }

        public bool Send(byte[] message) =>
            Native.zmq_send(control, message, (UIntPtr)message.Length, Native.DontWait) >= 0;

        public void ConnectAgain(Readable ports)
        {
            if ((ports & Readable.Data) != 0) Again(data, address.Data);
            if ((ports & Readable.Status) != 0) Again(status, address.Status);
            if ((ports & Readable.Control) != 0) Again(control, address.Control);
        }

        public void Interrupt()
        {
            IntPtr open = context;
            if (open != IntPtr.Zero) Native.zmq_ctx_shutdown(open);
        }

        public void Close()
        {
            poll?.Dispose();
            foreach (IntPtr socket in new[] { data, status, control })
                if (socket != IntPtr.Zero) Native.zmq_close(socket);
        }

        public void Finish()
        {
            IntPtr open = Interlocked.Exchange(ref context, IntPtr.Zero);
            if (open != IntPtr.Zero) Native.zmq_ctx_term(open);
        }

        private IntPtr Socket(int type, StreamAddress address, CurveKeys keys, string[] own)
        {
            IntPtr socket = Native.zmq_socket(context, type);
            if (socket == IntPtr.Zero) throw Failure("cannot make a ZeroMQ socket");
            try
            {
                Set(socket, Native.Linger, 0);
                Set(socket, Native.MaxMsgSize, BitConverter.GetBytes((long)Wire.MaximumMessage));
                Set(socket, Native.ReconnectIvl, 100);
                Set(socket, Native.ReconnectIvlMax, 500);
                if (address.IsIPv6) Set(socket, Native.Ipv6, 1);
                if (keys != null)
                {
                    Set(socket, Native.CurveServerKey, Key(keys.Server));
                    Set(socket, Native.CurvePublicKey, Key(own[0]));
                    Set(socket, Native.CurveSecretKey, Key(own[1]));
                }
            }
            catch
            {
                Native.zmq_close(socket);
                throw;
            }
            return socket;
        }

        private static string[] OwnKeys(CurveKeys keys)
        {
            if (keys == null) return null;
            if (keys.Public != null) return new[] { keys.Public, keys.Secret };
            if (Native.zmq_has("curve") == 0) throw new TransportException("this libzmq was built without CURVE");
            var publicKey = new byte[41];
            var secretKey = new byte[41];
            if (Native.zmq_curve_keypair(publicKey, secretKey) != 0) throw Failure("cannot make CURVE keys");
            return new[] { Encoding.ASCII.GetString(publicKey, 0, 40), Encoding.ASCII.GetString(secretKey, 0, 40) };
        }

        // A Z85 key is taken with its closing zero: 41 bytes.
        private static byte[] Key(string text) => Encoding.ASCII.GetBytes(text + "\0");

        private static void Connect(IntPtr socket, string address)
        {
            if (Native.zmq_connect(socket, address) != 0) throw Failure("cannot connect to " + address);
        }

        private static void Again(IntPtr socket, string endpoint)
        {
            // Fails where libzmq has dropped the connection already, and both while the context ends: no matter then.
            Native.zmq_disconnect(socket, endpoint);
            Native.zmq_connect(socket, endpoint);
        }

        private static void Set(IntPtr socket, int option, int value) => Set(socket, option, BitConverter.GetBytes(value));

        private static void Set(IntPtr socket, int option, byte[] value)
        {
            if (Native.zmq_setsockopt(socket, option, value, (UIntPtr)value.Length) != 0)
                throw Failure("libzmq refuses option " + option);
        }

        private static TransportException Failure(string what) => new TransportException(what + ": " + Native.LastError());
    }
}
