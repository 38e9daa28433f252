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

        [UnityTest]
        public IEnumerator AReceiverWithoutPublisherStopsAtOnce()
        {
            for (int i = 0; i < 10; i++)
            {
                var receiver = new GameObject("receiver").AddComponent<LiveReceiver>();
                receiver.Reopen("tcp://127.0.0.1:47990");
                yield return null;
                var watch = Stopwatch.StartNew();
                Object.DestroyImmediate(receiver.gameObject);
                Assert.Less(watch.ElapsedMilliseconds, 1000.0);
            }
        }
    }
}
