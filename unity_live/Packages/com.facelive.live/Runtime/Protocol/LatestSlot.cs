using System.Threading;

namespace FaceLive
{
    /// <summary>
    /// Hands the newest frame from one thread to another: three frames change places, nothing waits, nothing is
    /// allocated. A frame that nobody fetched before the next one came is counted.
    /// </summary>
    public sealed class LatestSlot
    {
        private Frame back = new Frame();
        private Frame middle = new Frame();
        private Frame front = new Frame();
        private long overwritten;

        /// <summary>Frames that were never read because a newer one came first.</summary>
        public long Overwritten => Interlocked.Read(ref overwritten);

        /// <summary>The frame that the writing thread fills before <see cref="Publish"/>.</summary>
        public Frame Back => back;

        /// <summary>Writing thread: offer what is in Back.</summary>
        public void Publish()
        {
            back.Fresh = true;
            back = Interlocked.Exchange(ref middle, back);
            if (back.Fresh) Interlocked.Increment(ref overwritten);
        }

        /// <summary>Reading thread: the newest frame if there is one that was not read yet. It stays valid until the next call.</summary>
        public bool TryTake(out Frame frame)
        {
            frame = front;
            if (!Volatile.Read(ref middle).Fresh) return false;
            front.Fresh = false;
            front = Interlocked.Exchange(ref middle, front);
            frame = front;
            return true;
        }
    }
}
