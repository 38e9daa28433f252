using System;
using System.IO;
using System.Runtime.InteropServices;

namespace FaceLive.LibZmq
{
    /// <summary>
    /// An array of zmq_pollitem_t { void *socket; fd; short events; short revents }. The handle between is an int on Unix
    /// and of pointer size on Windows, so the offsets are computed instead of declared.
    /// </summary>
    internal sealed class PollSet : IDisposable
    {
        private readonly int count;
        private readonly int stride;
        private readonly int eventsAt;
        private IntPtr items;

        public PollSet(params IntPtr[] sockets)
        {
            bool windows = Path.DirectorySeparatorChar == '\\';
            eventsAt = IntPtr.Size + (windows ? IntPtr.Size : 4);
            stride = (eventsAt + 4 + IntPtr.Size - 1) / IntPtr.Size * IntPtr.Size;
            count = sockets.Length;
            items = Marshal.AllocHGlobal(stride * count);
            for (int i = 0; i < count; i++)
            {
                for (int b = 0; b < stride; b++) Marshal.WriteByte(items, i * stride + b, 0);
                Marshal.WriteIntPtr(items, i * stride, sockets[i]);
                Marshal.WriteInt16(items, i * stride + eventsAt, Native.PollIn);
            }
        }

        /// <summary>Bits of the sockets that can be read, in their order; 0 after the timeout or when the context ends.</summary>
        public int Wait(int timeoutMs)
        {
            if (Native.zmq_poll(items, count, (IntPtr)timeoutMs) <= 0) return 0;
            int ready = 0;
            for (int i = 0; i < count; i++)
                if ((Marshal.ReadInt16(items, i * stride + eventsAt + 2) & Native.PollIn) != 0) ready |= 1 << i;
            return ready;
        }

        public void Dispose()
        {
            if (items != IntPtr.Zero) Marshal.FreeHGlobal(items);
            items = IntPtr.Zero;
        }
    }
}
