using System;
using System.Collections.Concurrent;
using System.Threading;
using System.Threading.Tasks;

namespace FaceLive
{
    /// <summary>What a client connects to.</summary>
    public sealed class StreamClientOptions
    {
        public string Address = StreamAddress.Default;

        /// <summary>libzmq, netmq, or empty for the first that works.</summary>
        public string Transport = "";

        /// <summary>Null speaks without encryption.</summary>
        public CurveKeys Keys;

        /// <summary>After so much silence a port is connected anew; the publisher says something every second.</summary>
        public double SilentSeconds = 5.0;
    }

    /// <summary>
    /// Reads one stream in a thread of its own and keeps the newest frame. Reconnects by itself. The shut-down order is
    /// the one that cannot freeze an editor: flag, wake, the thread closes its own sockets, join with a timeout, and only
    /// then, in a bounded task, the end of the ZeroMQ context.
    /// </summary>
    public sealed class StreamClient : IDisposable
    {
        private const int WaitMs = 100;
        private const int JoinMs = 700;
        private const int FinishMs = 200;
        private const int MaximumEvents = 256;

        private readonly StreamClientOptions options;
        private readonly LatestSlot slot = new LatestSlot();
        private readonly StreamInbox inbox;
        private readonly AutoResetEvent arrived = new AutoResetEvent(false);
        private readonly ConcurrentQueue<EventMessage> events = new ConcurrentQueue<EventMessage>();
        private readonly ConcurrentDictionary<uint, AvatarMessage> avatars = new ConcurrentDictionary<uint, AvatarMessage>();
        private Session session;

        public StreamClient(StreamClientOptions options)
        {
            this.options = options;
            inbox = new StreamInbox(slot, events, avatars, MaximumEvents);
        }

        public StreamCounters Counters => inbox.Counters;

        public ClockSync Clock => inbox.Clock;

        /// <summary>Frames that the reader of this client was too slow for.</summary>
        public long Overwritten => slot.Overwritten;

        /// <summary>The schema that frames are read with; null until it has arrived.</summary>
        public Schema Schema => inbox.Schema;

        /// <summary>The newest heartbeat; null until one has arrived.</summary>
        public StateMessage State => inbox.State;

        /// <summary>Why the client does not run; null while all is well.</summary>
        public string Problem { get; private set; }

        public bool Running => session != null && session.Thread.IsAlive;

        /// <summary>Opens the stream. A second call changes nothing. Problems are told by <see cref="Problem"/>.</summary>
        public void Start()
        {
            if (session != null) return;
            Problem = null;
            var next = new Session();
            // It sleeps nearly all the time; a busy game must not make it late when a frame comes.
            next.Thread = new Thread(() => Run(next))
            {
                IsBackground = true, Name = "facelive " + options.Address, Priority = ThreadPriority.AboveNormal,
            };
            session = next;
            next.Thread.Start();
        }

        /// <summary>The newest frame that was not read yet. Valid until the next call; call it from one thread.</summary>
        public bool TryTakeFrame(out Frame frame) => slot.TryTake(out frame);

        /// <summary>Waits for a frame; for programs without a frame loop of their own. False after the timeout.</summary>
        public bool WaitForFrame(int timeoutMs) => arrived.WaitOne(timeoutMs);

        /// <summary>The avatar of a face; null if none was published.</summary>
        public AvatarMessage AvatarOf(uint faceId) => avatars.TryGetValue(faceId, out AvatarMessage found) ? found : null;

        public bool TryTakeEvent(out EventMessage read) => events.TryDequeue(out read);

        /// <summary>Give every message that arrives to a function (a recorder); called on the receiving thread.</summary>
        public void SetTap(Action<byte[], int> tap) => inbox.SetTap(tap);

        /// <summary>Ends the thread and the sockets within a second; false if something had to be left behind.</summary>
        public bool Stop()
        {
            Session ending = session;
            if (ending == null) return true;
            session = null;
            ending.Stop = true;
            ending.Sockets?.Interrupt();
            bool ended = ending.Thread.Join(JoinMs);
            if (ended) return ending.Sockets == null || Task.Run((Action)ending.Sockets.Finish).Wait(FinishMs);
            // With a socket still open the end of its context would wait for ever. A thread that is only slow (a machine
            // under load) ends the context itself when it has closed its sockets; whichever comes second does it.
            Interlocked.Exchange(ref ending.Abandoned, 1);
            if (Volatile.Read(ref ending.Closed) == 1) Task.Run((Action)ending.Sockets.Finish);
            return false;
        }

        public void Dispose() => Stop();

        private void Run(Session mine)
        {
            try
            {
                mine.Sockets = Transports.Find(options.Transport).Open(StreamAddress.Parse(options.Address), options.Keys);
                Loop(mine);
            }
            catch (TransportException error)
            {
                Problem = error.Message;
            }
            catch (Exception error)
            {
                // The thread must never take the editor down with it.
                Problem = "the receiving thread ended: " + error;
            }
            finally
            {
                if (mine.Sockets != null)
                {
                    mine.Sockets.Close();
                    Interlocked.Exchange(ref mine.Closed, 1);
                    if (Volatile.Read(ref mine.Abandoned) == 1) mine.Sockets.Finish();
                }
            }
        }

        private void Loop(Session mine)
        {
            IStreamSockets open = mine.Sockets;
            var buffer = new byte[Wire.MaximumMessage];
            var pinger = new Pinger(inbox);
            long silentNs = (long)(options.SilentSeconds * 1e9), dataNs = MonotonicClock.NowNs, statusNs = dataNs;
            while (!mine.Stop)
            {
                Readable ready = open.Wait(WaitMs);
                if (mine.Stop) return;
                if ((ready & Readable.Data) != 0) Drain(mine, Readable.Data, buffer);
                if ((ready & Readable.Control) != 0) Drain(mine, Readable.Control, buffer);
                if ((ready & Readable.Status) != 0) Drain(mine, Readable.Status, buffer);
                pinger.Tick(open);
                long now = MonotonicClock.NowNs;
                if ((ready & Readable.Data) != 0) dataNs = now;
                if ((ready & Readable.Status) != 0) statusNs = now;
                Readable silent = Readable.Nothing;
                if (now - dataNs > silentNs) silent |= Readable.Data;
                if (now - statusNs > silentNs) silent |= Readable.Status | Readable.Control;
                if (silent == Readable.Nothing) continue;
                open.ConnectAgain(silent);
                if ((silent & Readable.Data) != 0) dataNs = now;
                if ((silent & Readable.Status) != 0) statusNs = now;
            }
        }

        private void Drain(Session mine, Readable port, byte[] buffer)
        {
            for (int i = 0; i < 64 && !mine.Stop; i++)
            {
                int length = mine.Sockets.Receive(port, buffer);
                if (length == 0) return;
                long now = MonotonicClock.NowNs;
                if (length < 0) inbox.Counters.Refuse();
                else if (port == Readable.Control) inbox.TakeReply(buffer, length, now);
                else inbox.Take(buffer, length, now);
                // At once: who waits for the frame need not wait for the look whether there is another one.
                if (port == Readable.Data) arrived.Set();
            }
        }

        /// <summary>One start and its end. A thread that was left behind keeps its own and never meets a later one's.</summary>
        private sealed class Session
        {
            public Thread Thread;
            public volatile bool Stop;
            public volatile IStreamSockets Sockets;
            public int Abandoned, Closed;
        }
    }
}
