using System.Collections;
using System.Diagnostics;
using NUnit.Framework;
using UnityEngine;
using UnityEngine.TestTools;

namespace FaceLive.Tests
{
    /// <summary>What only Unity can show: real meshes, real play mode. Needs no publisher.</summary>
    public sealed class SceneTests
    {
        [Test]
        public void TheBuiltInHeadIsBuilt()
        {
            GameObject head = HeadBuilder.Build();
            var built = head.GetComponent<BuiltInHead>();
            Assert.Greater(built.skin.sharedMesh.blendShapeCount, 200);
            Assert.Greater(built.skin.sharedMesh.GetBlendShapeIndex("jawOpen"), -1);
            Schema schema = built.map.ToSchema();
            var binding = new AvatarBinding(built.map, head.transform, schema);
            float[] vector = schema.Neutral();
            vector[schema.IndexOf("jawOpen")] = 0.5f;
            binding.ApplyVector(vector, new Face());
            int jaw = built.skin.sharedMesh.GetBlendShapeIndex("jawOpen");
            Assert.AreEqual(50.0, built.skin.GetBlendShapeWeight(jaw), 1e-3);
            Object.DestroyImmediate(head);
        }

        [Test]
        public void HairAndGlassesFollowTheirStyles()
        {
            GameObject head = HeadBuilder.Build();
            var built = head.GetComponent<BuiltInHead>();
            Schema schema = built.map.ToSchema();
            var binding = new AvatarBinding(built.map, head.transform, schema);
            foreach (string hair in new[] { "bald", "afro", "buzz" })
            {
                float[] vector = schema.Neutral();
                vector[schema.IndexOf("hair:short")] = 0f;
                vector[schema.IndexOf("hair:" + hair)] = 1f;
                vector[schema.IndexOf("glasses:round")] = hair == "afro" ? 2f : 0f;
                binding.ApplyVector(vector, new Face());
                Assert.AreEqual(hair != "bald", built.hair.gameObject.activeSelf);
                Assert.AreEqual(hair == "afro", built.glasses.gameObject.activeSelf);
                if (hair != "bald") Assert.Greater(built.hair.sharedMesh.vertexCount, 1000);
            }
            Assert.Greater(built.skin.sharedMesh.normals[0].magnitude, 0.99f);
            Object.DestroyImmediate(head);
        }

        [UnityTest]
        public IEnumerator AReceiverWithoutPublisherStopsAtOnce()
        {
            string lacking = Lacking();
            if (lacking.Length > 0) Assert.Ignore(lacking);
            for (int i = 0; i < 10; i++)
            {
                LiveReceiver receiver = LiveReceiver.Add(new GameObject("receiver"), "tcp://127.0.0.1:47990");
                yield return null;
                var watch = Stopwatch.StartNew();
                Object.DestroyImmediate(receiver.gameObject);
                Assert.Less(watch.ElapsedMilliseconds, 1000.0);
            }
        }

        private static string Lacking()
        {
            try
            {
                Transports.Find();
                return "";
            }
            catch (TransportException error)
            {
                return error.Message;
            }
        }
    }
}
