using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using FaceLive.Demo;
using UnityEngine;

namespace FaceLive.Tests
{
    /// <summary>
    /// demo RESOURCES ADDRESS SECONDS: the demo scene as when a person presses play, for so long from the first frame on. What its
    /// label says before the stream and at the end, how many blend shapes have moved, how far the head has turned, what the face wears.
    /// </summary>
    internal static class DemoCommand
    {
        public static int Run(string[] args)
        {
            Transports.Register(new LibZmq.LibZmqTransport());
            Resources.Folder = args[0];
            var demo = new GameObject("facelive demo").AddComponent<DemoScene>();
            demo.address = args[1];
            demo.Message("Start");
            var receiver = SceneObjects.Any<LiveReceiver>();
            var avatar = SceneObjects.Any<LiveAvatar>();
            var built = avatar.GetComponent<BuiltInHead>();
            foreach (Behaviour part in new Behaviour[] { receiver, avatar }) part.Message("OnEnable");
            receiver.Message("LateUpdate");
            demo.Message("OnGUI");
            Json.Line("event", "ready", "label", GUI.LastLabel, "background", Application.runInBackground);
            var moved = new HashSet<int>();
            float turned = 0f;
            int shapes = built.skin.sharedMesh.blendShapeCount;
            var rest = new float[shapes];
            for (int i = 0; i < shapes; i++) rest[i] = built.skin.GetBlendShapeWeight(i);
            var watch = Stopwatch.StartNew();
            double seconds = double.Parse(args[2], CultureInfo.InvariantCulture);
            while (watch.Elapsed.TotalSeconds < (receiver.Frame == null ? 120.0 : seconds))
            {
                bool first = receiver.Frame == null;
                receiver.Client.WaitForFrame(16);
                receiver.Message("LateUpdate");
                if (first && receiver.Frame != null) watch.Restart();
                avatar.Message("LateUpdate");
                for (int i = 0; i < shapes; i++)
                    if (Math.Abs(built.skin.GetBlendShapeWeight(i) - rest[i]) > 1f) moved.Add(i);
                Transform head = built.skin.rootBone;
                turned = Math.Max(turned, 1f - Math.Abs(Quaternion.Dot(head.rotation, Quaternion.identity)));
            }
            demo.Message("OnGUI");
            int expressions = 0;
            foreach (string name in ArkitNames.All)
                if (moved.Contains(built.skin.sharedMesh.GetBlendShapeIndex(name))) expressions++;
            Json.Line(
                "label", GUI.LastLabel, "frames", receiver.Client.Counters.Frames, "expressions", expressions, "identity",
                moved.Count - expressions, "turned", turned, "hair", built.hair.gameObject.activeSelf, "refused",
                receiver.Client.Counters.Refused, "missing", avatar.Driver.Binding == null ? -1 : avatar.Driver.Binding.Missing.Count);
            receiver.Message("OnDisable");
            return 0;
        }
    }
}
