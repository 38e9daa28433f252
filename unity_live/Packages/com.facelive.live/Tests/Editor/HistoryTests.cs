using NUnit.Framework;

namespace FaceLive.Tests
{
    /// <summary>Interpolation, easing, clock comparison and the slot between threads. No Unity needed.</summary>
    public sealed class HistoryTests
    {
        [Test]
        public void ValuesBetweenFramesLieBetween()
        {
            var history = new FrameHistory();
            for (int i = 0; i < 12; i++) history.Push(MakeFace(i), 1000L * i);
            var shown = new Face();
            history.At(9250, shown);
            Assert.AreEqual(9.25, shown.Weights[0], 1e-5);
            history.At(99999, shown);
            Assert.AreEqual(11.0, shown.Weights[0], 1e-6, "after the newest it stands still");
            history.At(-5, shown);
            Assert.AreEqual(4.0, shown.Weights[0], 1e-6, "eight frames are kept");
            history.Latest(shown);
            Assert.AreEqual(11.0, shown.Weights[0], 1e-6);
        }

        [Test]
        public void AnotherPersonOrAnOlderTimeStartsAfresh()
        {
            var history = new FrameHistory();
            history.Push(MakeFace(1), 1000);
            history.Push(MakeFace(5), 10);
            var shown = new Face();
            history.At(500, shown);
            Assert.AreEqual(5.0, shown.Weights[0], 1e-6);
            Face other = MakeFace(9);
            other.Id = 2;
            history.Push(other, 20);
            history.At(15, shown);
            Assert.AreEqual(9.0, shown.Weights[0], 1e-6);
        }

        [Test]
        public void SilenceHoldsThenEasesToNeutral()
        {
            var easer = new SilenceEaser(0.3, 0.7);
            Assert.AreEqual(1.0, easer.Share(0.29), 1e-6);
            Assert.AreEqual(0.5, easer.Share(0.65), 1e-5);
            Assert.AreEqual(0.0, easer.Share(1.01), 1e-6);
            Face face = MakeFace(0.8f);
            face.RotationX = 0.6f;
            face.RotationW = 0.8f;
            SilenceEaser.Apply(face, 0.5f);
            Assert.AreEqual(0.4, face.Weights[0], 1e-6);
            Assert.AreEqual(1.0, face.RotationX * face.RotationX + face.RotationW * face.RotationW, 1e-5);
            Assert.Less(face.RotationX, 0.6);
            SilenceEaser.Apply(face, 0f);
            Assert.AreEqual(0.0, face.Weights[0], 1e-9);
            Assert.AreEqual(1.0, face.RotationW, 1e-6);
        }

        [Test]
        public void TheSmallestRoundTripIsBelieved()
        {
            var clock = new ClockSync();
            Assert.IsFalse(clock.TryGet(out _, out _));
            Assert.IsTrue(clock.Add(new Ping { SentNs = 0, ReceivedNs = 10500, RepliedNs = 10500, ReturnedNs = 2000 }));
            Assert.IsTrue(clock.Add(new Ping { SentNs = 5000, ReceivedNs = 15100, RepliedNs = 15100, ReturnedNs = 5200 }));
            Assert.IsTrue(clock.Add(new Ping { SentNs = 8000, ReceivedNs = 19900, RepliedNs = 19900, ReturnedNs = 10000 }));
            Assert.IsFalse(clock.Add(new Ping { SentNs = 9000, ReceivedNs = 1, RepliedNs = 2, ReturnedNs = 8000 }));
            Assert.IsTrue(clock.TryGet(out long offset, out long roundTrip));
            Assert.AreEqual(10000L, offset);
            Assert.AreEqual(200L, roundTrip);
            clock.Reset();
            Assert.IsFalse(clock.TryGet(out _, out _));
        }

        [Test]
        public void TheSlotKeepsTheNewest()
        {
            var slot = new LatestSlot();
            Assert.IsFalse(slot.TryTake(out _));
            for (ulong i = 1; i <= 3; i++)
            {
                slot.Back.Sequence = i;
                slot.Publish();
            }
            Assert.IsTrue(slot.TryTake(out Frame frame));
            Assert.AreEqual(3UL, frame.Sequence);
            Assert.AreEqual(2L, slot.Overwritten);
            Assert.IsFalse(slot.TryTake(out _));
        }

        [Test]
        public void AddressesAreChecked()
        {
            StreamAddress address = StreamAddress.Parse("tcp://[::1]:5000");
            Assert.AreEqual("tcp://[::1]:5002", address.Control);
            Assert.IsTrue(address.IsIPv6);
            foreach (string bad in new[] { "", "tcp://host", "tcp://host:0", "tcp://host:65534", "udp://host:1", null })
            {
                string told = "";
                try
                {
                    StreamAddress.Parse(bad);
                }
                catch (TransportException error)
                {
                    told = error.Message;
                }
                Assert.IsTrue(told.Contains("tcp://host:port"), "refused: " + bad);
            }
        }

        private static Face MakeFace(float value)
        {
            var face = new Face { Id = 1, Flags = FaceFlags.Tracked };
            face.Reserve(1);
            face.Weights[0] = value;
            return face;
        }
    }
}
