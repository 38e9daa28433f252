using System;
using System.Collections;
using System.Diagnostics;
using FaceLive.Editor;
using NUnit.Framework;
using UnityEditor;
using UnityEngine;
using UnityEngine.TestTools;

namespace FaceLive.Tests
{
    /// <summary>What only Unity's editor can show: real pictures, real undo, play mode without a reload of the scripts.</summary>
    public sealed class EditorTests
    {
        [Test, Category("OnlyUnity")]
        public void PicturesOfOneFrameShowTheirOwnParameters()
        {
            GameObject head = HeadBuilder.Build();
            var camera = new GameObject("camera").AddComponent<Camera>();
            var light = new GameObject("light").AddComponent<Light>();
            var state = ScriptableObject.CreateInstance<CharacterState>();
            try
            {
                light.type = LightType.Directional;
                light.transform.rotation = Quaternion.Euler(35f, 200f, 0f);
                camera.transform.position = new Vector3(0f, 0.05f, 0.75f);
                camera.transform.rotation = Quaternion.Euler(0f, 180f, 0f);
                camera.fieldOfView = 30f;
                state.root = head.transform;
                state.map = head.GetComponent<BuiltInHead>().map;
                Assert.AreEqual("", state.Prepare());
                float[] shut = state.Schema.Neutral(), open = state.Schema.Neutral();
                open[state.Schema.IndexOf("jawOpen")] = 1f;
                using (var pictures = new CameraPictures(state, camera, 128, true))
                {
                    string first = Convert.ToBase64String(pictures.Draw(shut));
                    string second = Convert.ToBase64String(pictures.Draw(open));
                    Assert.IsFalse(first == second, "the open mouth is in the picture");
                    Assert.IsTrue(first == Convert.ToBase64String(pictures.Draw(shut)), "and is gone from the next one");
                }
            }
            finally
            {
                UnityEngine.Object.DestroyImmediate(state);
                UnityEngine.Object.DestroyImmediate(light.gameObject);
                UnityEngine.Object.DestroyImmediate(camera.gameObject);
                UnityEngine.Object.DestroyImmediate(head);
            }
        }

        [Test]
        public void UndoBringsValuesBack()
        {
            var state = ScriptableObject.CreateInstance<CharacterState>();
            state.values = new[] { 0.25f, 0.5f };
            Undo.RecordObject(state, "facelive test");
            state.values = new[] { 1f, 1f };
            Undo.PerformUndo();
            Assert.AreEqual(0.25, state.values[0], 1e-6);
            UnityEngine.Object.DestroyImmediate(state);
        }

        [Test]
        public void TheBuiltInHeadsMapIsItsSchema()
        {
            GameObject head = HeadBuilder.Build();
            Assert.AreEqual(HeadBuilder.Load().Schema.Hash, head.GetComponent<BuiltInHead>().map.ToSchema().Hash);
            UnityEngine.Object.DestroyImmediate(head);
        }

        [Test]
        public void ACharacterWithBonesHasAPose()
        {
            var map = ScriptableObject.CreateInstance<AvatarMap>();
            map.entries.Add(new MapEntry { parameter = "jawOpen" });
            Assert.AreEqual(1, map.ToSchema().Parameters.Count);
            map.headBone = "Head";
            Assert.AreEqual(7, map.ToSchema().Parameters.Count);
            map.leftEyeBone = "Head/LeftEye";
            Assert.AreEqual(11, map.ToSchema().Parameters.Count);
        }

        [UnityTest]
        public IEnumerator PlayModeWithoutDomainReloadLeavesNoStream()
        {
            bool enabled = EditorSettings.enterPlayModeOptionsEnabled;
            EnterPlayModeOptions options = EditorSettings.enterPlayModeOptions;
            LogAssert.ignoreFailingMessages = true; // where no ZeroMQ is installed the receiver says so
            EditorSettings.enterPlayModeOptionsEnabled = true;
            EditorSettings.enterPlayModeOptions = EnterPlayModeOptions.DisableDomainReload;
            for (int i = 0; i < 5; i++)
            {
                yield return new EnterPlayMode(false);
                LiveReceiver.Add(new GameObject("receiver"), "tcp://127.0.0.1:47990");
                Assert.Greater(LiveReceiver.OpenStreams, 0);
                yield return null;
                var watch = Stopwatch.StartNew();
                yield return new ExitPlayMode();
                Assert.AreEqual(0, LiveReceiver.OpenStreams);
                Assert.Less(watch.Elapsed.TotalSeconds, 10.0, "the editor did not freeze");
            }
            EditorSettings.enterPlayModeOptionsEnabled = enabled;
            EditorSettings.enterPlayModeOptions = options;
        }
    }
}
