using System;

namespace FaceLive
{
    /// <summary>A way to speak ZeroMQ: native libzmq, or NetMQ where it is installed.</summary>
    public interface ITransport
    {
        string Name { get; }

        /// <summary>Whether it can work on this machine; if not, why, with the fix.</summary>
        bool IsAvailable(out string problem);

        /// <summary>
        /// Opens the three sockets of a stream. Called on the thread that will use them. keys: null for none.
        /// Throws TransportException, and leaves nothing open then.
        /// </summary>
        IStreamSockets Open(StreamAddress address, CurveKeys keys);
    }

    /// <summary>
    /// Data, status and control socket of one stream. All but <see cref="Interrupt"/> and <see cref="Finish"/> belongs to
    /// one thread.
    /// </summary>
    public interface IStreamSockets
    {
        /// <summary>Waits until something can be read or the time is over.</summary>
        Readable Wait(int timeoutMs);

        /// <summary>Bytes of the next message of a port, 0 if there is none. A message that is too long is dropped (-1).</summary>
        int Receive(Readable port, byte[] into);

        /// <summary>A question for the control port; false if it cannot go out now.</summary>
        bool Send(byte[] message);

        /// <summary>
        /// Drops the connections of these ports and makes them anew. ZeroMQ connects again by itself after all but two
        /// losses: a peer that broke the protocol or sent too much, and one that vanished without a word.
        /// </summary>
        void ConnectAgain(Readable ports);

        /// <summary>Any thread: wakes <see cref="Wait"/>.</summary>
        void Interrupt();

        /// <summary>The using thread, last of all: closes the sockets.</summary>
        void Close();

        /// <summary>
        /// Any thread, after Close: ends what is shared; a second call changes nothing. May block if Close was not called:
        /// call it in a bounded task.
        /// </summary>
        void Finish();
    }

    [Flags]
    public enum Readable
    {
        Nothing = 0,
        Data = 1,
        Status = 2,
        Control = 4,
    }

    /// <summary>What a transport cannot do, as a line for a person.</summary>
    public sealed class TransportException : Exception
    {
        public TransportException(string message, Exception inner = null)
            : base(message, inner)
        {
        }
    }
}
