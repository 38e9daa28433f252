using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Threading;
using UnityEngine;

namespace FaceLive.Tests
{
    /// <summary>
    /// live ADDRESS SECONDS [SERVER_KEY [SECRET_KEY]]: receiver and avatar as in a scene, moved whenever a frame arrives.
    /// The publisher (tests/unity/publisher.py) sends weights that follow from the sequence number; each one is checked.
    /// </summary>
    internal static class LiveCommand
    {
        private static readonly List<double> Ages = new List<double>(), Inside = new List<double>();
        private static long shown, eased, wrong, wrongHead, identities;

        public static int Run(string[] args)
        {
            Transports.Register(new LibZmq.LibZmqTransport());
            double seconds = double.Parse(args[1], CultureInfo.InvariantCulture);
            var receiver = new GameObject("receiver").AddComponent<LiveReceiver>();
            receiver.address = args[0];
            if (args.Length > 2) receiver.serverKeyFile = args[2];
            if (args.Length > 3) receiver.secretKeyFile = args[3];
            receiver.Message("OnEnable");
            StageScene scene = null;
            LiveAvatar avatar = null;
            var watch = Stopwatch.StartNew();
            Json.Line("event", "ready");
            while (watch.Elapsed.TotalSeconds < seconds && receiver.Client != null && receiver.Client.Problem == null)
            {
                receiver.Client.WaitForFrame(10);
                receiver.Message("LateUpdate");
                if (receiver.Schema == null) continue;
                if (scene == null)
                {
                    scene = MakeScene(receiver, out avatar);
                    collections = GC.CollectionCount(0);
                    Json.Line("event", "bound", "seconds", watch.Elapsed.TotalSeconds);
                }
                int before = receiver.Serial;
                avatar.Message("LateUpdate");
                if (receiver.Frame != null && before != last) Check(receiver, scene, avatar);
                last = before;
            }
            Report(receiver, watch);
            return receiver.Client == null ? 0 : 1;
        }

        private static int last, collections;

        private static StageScene MakeScene(LiveReceiver receiver, out LiveAvatar avatar)
        {
            var scene = new StageScene(receiver.Schema.ExpressionNames);
            AutoMap.Fill(scene.Map, scene.Root.transform, receiver.Schema.ExpressionNames);
            scene.Map.entries.Add(new MapEntry
            {
                parameter = receiver.Schema.AvatarNames[0], group = ParameterGroup.Identity, centre = 0.5f, neutral = 0.5f,
                target = MapTarget.Scale, path = "Neck/Head", boneAtMaximum = Vector3.one, boneAtMinimum = -1f * Vector3.one,
            });
            avatar = scene.Root.AddComponent<LiveAvatar>();
            avatar.receiver = receiver;
            avatar.map = scene.Map;
            avatar.Message("OnEnable");
            return scene;
        }

        private static void Check(LiveReceiver receiver, StageScene scene, LiveAvatar avatar)
        {
            Frame frame = receiver.Frame;
            if (frame.FaceCount == 0) return;
            long now = MonotonicClock.NowNs;
            // A machine that stood still for so long shows a face on its way to neutral, as it should: counted apart.
            if (now - frame.ReceivedNs > 250000000L)
            {
                eased++;
                return;
            }
            shown++;
            for (int i = 0; i < receiver.Schema.ExpressionNames.Count; i++)
            {
                float expected = ((frame.Sequence * 31 + (ulong)i * 17) % 1024) / 1024f * 100f;
                if (scene.Skin.GetBlendShapeWeight(i) != expected) wrong++;
            }
            Quaternion turned = scene.Head.rotation, wanted = HeadAxes.Rotation(frame.GetFace(0));
            if (Mathf.Abs(Quaternion.Dot(turned, wanted)) < 0.99999f) wrongHead++;
            if (Mathf.Abs(scene.Head.localScale.x - 1.5f) < 1e-5f) identities++;
            bool timed = (frame.Flags & FrameFlags.Resent) == 0;
            if (timed && receiver.Client.Clock.Count >= 8 && receiver.Client.Clock.TryGet(out long offsetNs, out _))
            {
                Ages.Add((now + offsetNs - frame.PublishedNs) / 1e6);
                Inside.Add((now - frame.ReceivedNs) / 1e6);
            }
        }

        private static void Report(LiveReceiver receiver, Stopwatch watch)
        {
            StreamClient client = receiver.Client;
            if (client == null)
            {
                Json.Line("event", "end", "problem", string.Join("\n", UnityEngine.Debug.Lines));
                return;
            }
            client.Clock.TryGet(out _, out long roundTripNs);
            Ages.Sort();
            Inside.Sort();
            var stop = Stopwatch.StartNew();
            receiver.Message("OnDisable");
            Json.Line(
                "event", "end", "seconds", watch.Elapsed.TotalSeconds, "frames", client.Counters.Frames, "shown", shown, "eased", eased,
                "wrong", wrong, "wrong_head", wrongHead, "identities", identities, "lost", client.Counters.Lost,
                "overwritten", client.Overwritten, "refused", client.Counters.Refused, "restarts", client.Counters.Restarts,
                "ages", Ages.Count, "p50_ms", At(Ages, 0.5), "p95_ms", At(Ages, 0.95), "p99_ms", At(Ages, 0.99), "maximum_ms",
                At(Ages, 1.0), "received_to_shown_p50_ms", At(Inside, 0.5), "received_to_shown_p99_ms", At(Inside, 0.99),
                "round_trip_ms", roundTripNs / 1e6, "stop_ms", stop.Elapsed.TotalMilliseconds, "collections",
                GC.CollectionCount(0) - collections, "phase", client.State == null ? "" : client.State.Phase, "problem",
                client.Problem ?? "", "left", Directory.GetFiles("/proc/self/fd").Length);
        }

        private static double At(List<double> sorted, double share) =>
            sorted.Count == 0 ? -1.0 : sorted[Math.Min(sorted.Count - 1, (int)(share * sorted.Count))];
    }

    /// <summary>
    /// cycles ADDRESS COUNT: play mode entered and left so many times without a domain reload; what is left behind, and
    /// how long the slowest stop took.
    /// </summary>
    internal static class CyclesCommand
    {
        public static int Run(string[] args)
        {
            Transports.Register(new LibZmq.LibZmqTransport());
            var receiver = new GameObject("receiver").AddComponent<LiveReceiver>();
            receiver.address = args[0];
            int count = int.Parse(args[1], CultureInfo.InvariantCulture);
            double slowest = 0.0;
            int without = 0, files = 0, threads = 0;
            for (int i = 0; i < count; i++)
            {
                receiver.Message("OnEnable");
                // Every third time it is stopped at once, before anything has connected.
                bool frame = i % 3 == 2 || receiver.Client.WaitForFrame(2000);
                if (!frame) without++;
                receiver.Message("LateUpdate");
                var stop = Stopwatch.StartNew();
                if (i % 4 == 0) UnityEditor.EditorApplication.RaisePlayMode(UnityEditor.PlayModeStateChange.ExitingPlayMode);
                else if (i % 4 == 1) UnityEditor.AssemblyReloadEvents.RaiseBeforeReload();
                else if (i % 4 == 2) Application.RaiseQuitting();
                receiver.Message("OnDisable");
                slowest = Math.Max(slowest, stop.Elapsed.TotalMilliseconds);
                if (i == 4) Count(out files, out threads);
            }
            // What was slow to stop goes on in the background: it must be gone soon, not at once.
            int filesAfter = 0, threadsAfter = 0;
            for (int i = 0; i < 50; i++)
            {
                Thread.Sleep(100);
                Count(out filesAfter, out threadsAfter);
                if (filesAfter <= files && threadsAfter <= threads) break;
            }
            Json.Line(
                "cycles", count, "without_frame", without, "slowest_stop_ms", slowest, "files_before", files, "files_after",
                filesAfter, "threads_before", threads, "threads_after", threadsAfter, "warnings", UnityEngine.Debug.Lines.Count);
            return 0;
        }

        private static void Count(out int files, out int threads)
        {
            files = Directory.GetFiles("/proc/self/fd").Length;
            threads = Directory.GetDirectories("/proc/self/task").Length;
        }
    }
}
