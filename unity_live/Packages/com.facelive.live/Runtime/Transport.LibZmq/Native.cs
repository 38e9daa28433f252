using System;
using System.Runtime.InteropServices;

namespace FaceLive.LibZmq
{
    /// <summary>The part of libzmq's C interface (4.2 or later) that is used. Names and numbers are those of zmq.h.</summary>
    internal static class Native
    {
        // Unity and Mono add prefix and suffix of the platform: zmq.dll is called libzmq.dll in all common builds.
        private const string Library = "libzmq";

        public const int Sub = 2, Dealer = 5;
        public const int Subscribe = 6, Linger = 17, ReconnectIvl = 18, SendHwm = 23, ReceiveHwm = 24, MaxMsgSize = 22;
        public const int ReconnectIvlMax = 21, Ipv6 = 42, CurvePublicKey = 48, CurveSecretKey = 49, CurveServerKey = 50;
        public const int Conflate = 54;
        public const int DontWait = 1;
        public const short PollIn = 1;

        /// <summary>The context is being ended (ETERM of zmq.h).</summary>
        public const int ContextEnded = 156384765;

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern void zmq_version(out int major, out int minor, out int patch);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int zmq_has([MarshalAs(UnmanagedType.LPStr)] string capability);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern IntPtr zmq_ctx_new();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int zmq_ctx_shutdown(IntPtr context);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int zmq_ctx_term(IntPtr context);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern IntPtr zmq_socket(IntPtr context, int type);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int zmq_close(IntPtr socket);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int zmq_connect(IntPtr socket, [MarshalAs(UnmanagedType.LPStr)] string address);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int zmq_disconnect(IntPtr socket, [MarshalAs(UnmanagedType.LPStr)] string address);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int zmq_setsockopt(IntPtr socket, int option, byte[] value, UIntPtr length);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int zmq_recv(IntPtr socket, byte[] buffer, UIntPtr length, int flags);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int zmq_send(IntPtr socket, byte[] buffer, UIntPtr length, int flags);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int zmq_poll(IntPtr items, int count, IntPtr timeoutMs);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int zmq_errno();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern IntPtr zmq_strerror(int error);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        public static extern int zmq_curve_keypair(byte[] publicKey, byte[] secretKey);

        public static string LastError()
        {
            IntPtr text = zmq_strerror(zmq_errno());
            return Marshal.PtrToStringAnsi(text) ?? "unknown error";
        }
    }
}
