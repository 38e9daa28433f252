using System;
using System.Collections.Generic;
using NUnit.Framework;
using UnityEngine;

namespace FaceLive.Tests
{
    /// <summary>How parameters move shapes, bones, objects and colours. Runs in Unity and on mono.</summary>
    public sealed class MapTests
    {
        private GameObject root;
        private SkinnedMeshRenderer skin;
        private AvatarMap map;

        [SetUp]
        public void MakeCharacter()
        {
            root = new GameObject("character");
            Transform head = Child(root.transform, "Head");
            Child(head, "eye_L");
            Child(head, "eye_R");
            Child(root.transform, "HatTall");
            Child(root.transform, "HatFlat");
            skin = Child(root.transform, "Face").gameObject.AddComponent<SkinnedMeshRenderer>();
            skin.sharedMesh = new Mesh { vertices = new Vector3[3] };
            foreach (string name in new[] { "Face.M_jawOpen", "eyeBlink_L", "MouthSmileRight", "Fcl_ALL_Joy" })
                skin.sharedMesh.AddBlendShapeFrame(name, 100f, new Vector3[3], null, null);
            map = ScriptableObject.CreateInstance<AvatarMap>();
        }

        [TearDown]
        public void Clean() => UnityEngine.Object.DestroyImmediate(root);

        [Test]
        public void NamesOfToolsAreFound()
        {
            skin.sharedMesh.AddBlendShapeFrame("blendShape1.jawOpen", 100f, new Vector3[3], null, null);
            Assert.AreEqual(3, AutoMap.Fill(map, root.transform, ArkitNames.All));
            var found = new List<string>();
            foreach (MapEntry entry in map.entries) found.Add(entry.parameter + "=" + entry.property);
            found.Sort(StringComparer.Ordinal);
            Assert.AreEqual(
                "eyeBlinkLeft=eyeBlink_L jawOpen=blendShape1.jawOpen mouthSmileRight=MouthSmileRight",
                string.Join(" ", found));
            Assert.AreEqual("Head", map.headBone);
            Assert.AreEqual("Head/eye_L", map.leftEyeBone);
            Assert.AreEqual("Head/eye_R", map.rightEyeBone);
        }

        [Test]
        public void VrmNamesAreUsedWhereArkitIsMissing()
        {
            skin.sharedMesh = new Mesh { vertices = new Vector3[3] };
            foreach (string name in new[] { "Fcl_ALL_Joy", "Fcl_MTH_A", "Fcl_EYE_Close_R", "Fcl_HA_Fung1" })
                skin.sharedMesh.AddBlendShapeFrame(name, 100f, new Vector3[3], null, null);
            Assert.AreEqual(3, AutoMap.Fill(map, root.transform, ArkitNames.All));
            AvatarBinding binding = Bind();
            Show(binding, "mouthSmileLeft", 1f);
            Assert.AreEqual(50.0, skin.GetBlendShapeWeight(0), 1e-4);
            Show(binding, "eyeBlinkRight", 0.25f);
            Assert.AreEqual(25.0, skin.GetBlendShapeWeight(2), 1e-4);
        }

        [Test]
        public void BonesRunBetweenThreeValues()
        {
            Add("size", ParameterGroup.Identity, MapTarget.Translation, "Head");
            MapEntry entry = map.entries[0];
            entry.centre = entry.neutral = 0.5f;
            entry.boneAtMinimum = new Vector3(0f, -1f, 0f);
            entry.boneAtMaximum = new Vector3(0f, 3f, 0f);
            AvatarBinding binding = Bind();
            Transform head = root.transform.Find("Head");
            foreach (float[] pair in new[] { new[] { 0f, -1f }, new[] { 0.25f, -0.5f }, new[] { 0.5f, 0f }, new[] { 0.75f, 1.5f }, new[] { 1f, 3f } })
            {
                Show(binding, "size", pair[0]);
                Assert.AreEqual(pair[1], head.localPosition.y, 1e-5);
            }
            binding.Restore();
            Assert.AreEqual(0.0, head.localPosition.y, 1e-6);
        }

        [Test]
        public void TheChosenStyleIsShownAndColoursArrive()
        {
            Add("hat:tall", ParameterGroup.Style, MapTarget.Visible, "HatTall").memberOf = "hat";
            Add("hat:flat", ParameterGroup.Style, MapTarget.Visible, "HatFlat").memberOf = "hat";
            map.entries[0].kind = map.entries[1].kind = ParameterKind.Style;
            map.entries[0].neutral = 1f;
            foreach (string channel in new[] { "skin:r", "skin:g", "skin:b" })
            {
                MapEntry entry = Add(channel, ParameterGroup.Colour, MapTarget.ColourChannel, "Face");
                entry.kind = ParameterKind.Colour;
                entry.memberOf = "skin";
                entry.property = "_BaseColor";
            }
            AvatarBinding binding = Bind();
            float[] vector = binding.Schema.Neutral();
            vector[0] = 0.1f;
            vector[1] = 0.9f;
            vector[3] = 0.5f;
            binding.ApplyVector(vector, new Face());
            Assert.IsFalse(root.transform.Find("HatTall").gameObject.activeSelf);
            Assert.IsTrue(root.transform.Find("HatFlat").gameObject.activeSelf);
            var block = new MaterialPropertyBlock();
            skin.GetPropertyBlock(block);
            Assert.AreEqual(0.5, block.GetColor("_BaseColor").g, 1e-6);
        }

        [Test]
        public void TheMapIsASchema()
        {
            MapEntry first = Add("size", ParameterGroup.Identity, MapTarget.Scale, "Head");
            first.minimum = -0.3f;
            first.neutral = 0.1f;
            Add("jawOpen", ParameterGroup.Expression, MapTarget.BlendShape, "Face").property = "Face.M_jawOpen";
            Schema schema = SchemaJson.Read(SchemaJson.Write(map.ToSchema()), out string problem);
            Assert.AreEqual("", problem);
            Assert.AreEqual(2, schema.Parameters.Count);
            Assert.AreEqual(-0.3, schema.Parameters[0].Minimum, 0.0, "0.3f is written as a person typed it");
            Assert.AreEqual(map.ToSchema().Hash, schema.Hash);
            Add("size", ParameterGroup.Identity, MapTarget.Scale, "Head").maximum = 2f;
            bool refused = false;
            try
            {
                map.ToSchema();
            }
            catch (FormatException)
            {
                refused = true;
            }
            Assert.IsTrue(refused, "two ranges for one parameter");
        }

        [Test]
        public void HeadTurnsToTheSubjectsLeft()
        {
            map.headBone = "Head";
            var face = new Face();
            HeadAxes.SetRotation(face, 0.5f, 0f, 0f);
            Add("jawOpen", ParameterGroup.Expression, MapTarget.BlendShape, "Face").property = "Face.M_jawOpen";
            AvatarBinding binding = Bind();
            face.Reserve(1);
            Assert.IsTrue(binding.Apply(face));
            // A character looks along +z and its left is -x.
            Vector3 looks = root.transform.Find("Head").rotation * Vector3.forward;
            Assert.Less(looks.x, -0.4);
            Assert.Greater(looks.z, 0.8);
        }

        [Test]
        public void AFaceOfAnotherSchemaIsRefused()
        {
            Add("jawOpen", ParameterGroup.Expression, MapTarget.BlendShape, "Face").property = "Face.M_jawOpen";
            var face = new Face();
            face.Reserve(7);
            Assert.IsFalse(Bind().Apply(face));
        }

        private MapEntry Add(string parameter, ParameterGroup group, MapTarget target, string path)
        {
            var entry = new MapEntry { parameter = parameter, group = group, target = target, path = path };
            map.entries.Add(entry);
            return entry;
        }

        private AvatarBinding Bind()
        {
            var parameters = new List<Parameter>();
            bool vrm = map.entries.Exists(entry => entry.parameter.StartsWith(AvatarMap.VrmPrefix, StringComparison.Ordinal));
            if (vrm) foreach (string name in ArkitNames.All) parameters.Add(new Parameter(name, ParameterGroup.Expression));
            var binding = new AvatarBinding(map, root.transform, vrm ? new Schema("arkit", parameters) : map.ToSchema());
            Assert.AreEqual("", string.Join(",", binding.Missing));
            return binding;
        }

        private static void Show(AvatarBinding binding, string name, float value)
        {
            float[] vector = binding.Schema.Neutral();
            vector[binding.Schema.IndexOf(name)] = value;
            binding.ApplyVector(vector, new Face());
        }

        private static Transform Child(Transform parent, string name)
        {
            Transform child = new GameObject(name).transform;
            child.SetParent(parent, false);
            return child;
        }
    }
}
