using System.Collections.Concurrent;
using NUnit.Framework;
using UnityEngine;

namespace FaceLive.Tests
{
    /// <summary>Which person a character follows, and what it shows when there is none. Runs in Unity and on mono.</summary>
    public sealed class DriverTests
    {
        private GameObject root;
        private AvatarMap map;
        private Schema schema;
        private Transform jaw;

        [SetUp]
        public void MakeCharacter()
        {
            root = new GameObject("character");
            jaw = new GameObject("Jaw").transform;
            jaw.SetParent(root.transform, false);
            map = ScriptableObject.CreateInstance<AvatarMap>();
            map.entries.Add(new MapEntry
            {
                parameter = "jawOpen", target = MapTarget.Translation, path = "Jaw", boneAtMaximum = new Vector3(0f, -1f, 0f),
            });
            map.entries.Add(new MapEntry
            {
                parameter = "size", group = ParameterGroup.Identity, target = MapTarget.Scale, path = "Jaw",
                boneAtMaximum = new Vector3(1f, 1f, 1f),
            });
            schema = map.ToSchema();
        }

        [TearDown]
        public void Clean() => Object.DestroyImmediate(root);

        [Test]
        public void EachCharacterFollowsItsPerson()
        {
            AvatarDriver first = Driver(new AvatarDriverOptions()), second = Driver(new AvatarDriverOptions { faceNumber = 1 });
            AvatarDriver fixedOne = Driver(new AvatarDriverOptions { faceId = 9 });
            Frame both = MakeFrame(1, 1000, 4, 0.25f, 9, 0.75f);
            Assert.IsTrue(first.Take(both) && second.Take(both) && fixedOne.Take(both));
            Assert.AreEqual(-0.25, Jaw(first), 1e-6);
            Assert.AreEqual(-0.75, Jaw(second), 1e-6);
            Assert.AreEqual(-0.75, Jaw(fixedOne), 1e-6);
            Frame alone = MakeFrame(2, 2000, 4, 0.5f);
            Assert.IsTrue(first.Take(alone));
            Assert.IsFalse(second.Take(alone), "nobody is second");
            Assert.IsFalse(fixedOne.Take(alone), "9 has left");
            Assert.AreEqual(-0.5, Jaw(first), 1e-6);
        }

        [Test]
        public void WhoLeavesIsEasedToRest()
        {
            AvatarDriver driver = Driver(new AvatarDriverOptions());
            driver.Take(MakeFrame(1, 0, 4, 1f));
            Assert.AreEqual(-1.0, Jaw(driver, 0.29), 1e-6);
            Assert.AreEqual(-0.5, Jaw(driver, 0.65), 1e-4);
            Assert.AreEqual(0.0, Jaw(driver, 1.5), 1e-6);
        }

        [Test]
        public void InterpolationShowsTheTimeBetweenFrames()
        {
            AvatarDriver driver = Driver(new AvatarDriverOptions { interpolate = true, delayMs = 50f });
            var clock = new ClockSync();
            // The publisher's clock is a second ahead.
            clock.Add(new Ping { SentNs = 0, ReceivedNs = 1000000000, RepliedNs = 1000000000, ReturnedNs = 0 });
            driver.Take(MakeFrame(1, 1000000000, 4, 0f));
            driver.Take(MakeFrame(2, 1040000000, 4, 1f));
            driver.Show(clock, id => null, 60000000);
            Assert.AreEqual(-0.25, jaw.localPosition.y, 1e-4, "60 ms here is 1.06 s there, 50 ms late: a quarter of the way");
            driver.Show(clock, id => null, 200000000);
            Assert.AreEqual(-1.0, jaw.localPosition.y, 1e-4);
        }

        [Test]
        public void IdentityFollowsThePersonAndAForeignOneIsLeftOut()
        {
            AvatarDriver driver = Driver(new AvatarDriverOptions());
            var big = new AvatarMessage { SchemaHash = schema.Hash, FaceId = 4, Values = new[] { 1f } };
            var foreign = new AvatarMessage { SchemaHash = schema.Hash + 1, FaceId = 4, Values = new[] { 0.5f } };
            driver.Take(MakeFrame(1, 1000, 4, 0f));
            driver.Show(null, id => id == 4 ? big : null, 1000);
            Assert.AreEqual(2.0, jaw.localScale.x, 1e-6);
            driver.Show(null, id => foreign, 1000);
            Assert.AreEqual(2.0, jaw.localScale.x, 1e-6);
            driver.Binding.Restore();
            Assert.AreEqual(1.0, jaw.localScale.x, 1e-6);
        }

        [Test]
        public void AnAvatarMayComeBeforeTheFirstFrame()
        {
            var avatars = new ConcurrentDictionary<uint, AvatarMessage>();
            var inbox = new StreamInbox(new LatestSlot(), new ConcurrentQueue<EventMessage>(), avatars, 8);
            foreach (ulong stream in new[] { 5UL, 6UL })
            {
                Assert.IsTrue(inbox.Take(MakeAvatar(stream), MakeAvatar(stream).Length, 0) == DecodeResult.Ok);
                Assert.IsTrue(inbox.Take(MakeEmptyFrame(stream), 80, 0) == DecodeResult.Ok);
                Assert.IsTrue(avatars.ContainsKey(4), "kept by the first frame of its own stream");
            }
            inbox.Take(MakeEmptyFrame(7), 80, 0);
            Assert.IsFalse(avatars.ContainsKey(4), "forgotten with its publisher");
        }

        private static byte[] MakeAvatar(ulong stream)
        {
            byte[] json = System.Text.Encoding.ASCII.GetBytes(
                "{\"face_id\":4,\"revision\":1,\"locked\":true,\"confidence\":1.0,\"values\":[1.0]}");
            var message = new byte[Wire.EnvelopeLength + json.Length];
            System.BitConverter.GetBytes(Wire.AvatarMagic).CopyTo(message, 0);
            message[4] = Wire.Major;
            message[6] = Wire.EnvelopeLength;
            System.BitConverter.GetBytes(stream).CopyTo(message, 16);
            System.BitConverter.GetBytes(json.Length).CopyTo(message, 48);
            json.CopyTo(message, Wire.EnvelopeLength);
            return message;
        }

        private static byte[] MakeEmptyFrame(ulong stream)
        {
            var message = new byte[Wire.FrameHeaderLength];
            System.BitConverter.GetBytes(Wire.FrameMagic).CopyTo(message, 0);
            message[4] = Wire.Major;
            message[6] = Wire.FrameHeaderLength;
            System.BitConverter.GetBytes(stream).CopyTo(message, 16);
            return message;
        }

        private AvatarDriver Driver(AvatarDriverOptions options)
        {
            var driver = new AvatarDriver(options);
            driver.Bind(map, root.transform, schema);
            return driver;
        }

        private double Jaw(AvatarDriver driver, double silentSeconds = 0.0)
        {
            Assert.IsTrue(driver.Show(null, id => null, (long)(silentSeconds * 1e9)));
            return jaw.localPosition.y;
        }

        /// <summary>faces: id and how far the jaw is open, in turn.</summary>
        private static Frame MakeFrame(ulong sequence, long capturedNs, params object[] faces)
        {
            var frame = new Frame { Sequence = sequence, StreamId = 5, CapturedNs = capturedNs };
            frame.Reserve(faces.Length / 2, 1);
            for (int i = 0; i < frame.FaceCount; i++)
            {
                Face face = frame.GetFace(i);
                face.Id = (uint)(int)faces[2 * i];
                face.Flags = FaceFlags.Tracked;
                face.Weights[0] = (float)faces[2 * i + 1];
            }
            return frame;
        }
    }
}
