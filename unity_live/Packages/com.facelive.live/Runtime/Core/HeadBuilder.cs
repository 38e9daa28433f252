using System;
using System.Collections.Generic;
using UnityEngine;

namespace FaceLive
{
    /// <summary>
    /// Builds the built-in head from its file: one skinned mesh with a blend shape for every slider (towards and away), every
    /// expression and every macro corner, bones for head and eyes, one material per surface, hair and glasses beside it, and the
    /// map that moves it all.
    /// </summary>
    public static class HeadBuilder
    {
        /// <summary>The head that ships with the package. Throws FormatException if the file is damaged or missing, or no shader is there.</summary>
        public static GameObject Build() => Build(Load());

        internal static HeadFile Load()
        {
            var asset = Resources.Load<TextAsset>("facelive-head");
            if (asset == null) throw new FormatException("Resources/facelive-head.bytes is missing from the package");
            return new HeadFile(asset.bytes);
        }

        public static GameObject Build(HeadFile file)
        {
            var root = new GameObject("facelive head");
            var model = new GameObject("Model");
            model.transform.SetParent(root.transform, false);
            var skin = model.AddComponent<SkinnedMeshRenderer>();
            var built = root.AddComponent<BuiltInHead>();
            built.File = file;
            built.skin = skin;
            built.macros = file.Names("macros");
            built.surfaces = file.Names("surfaces");
            built.map = ScriptableObject.CreateInstance<AvatarMap>();
            built.map.schemaName = file.Schema.Name;

            float[] neutral = file.Schema.Neutral();
            var macros = new float[built.macros.Length];
            for (int i = 0; i < macros.Length; i++) macros[i] = neutral[file.Schema.IndexOf(built.macros[i])];
            MacroWeights.Fill(macros, built.neutralCorners);
            float[] rest = (float[])file["mean"].Clone();
            for (int c = 0; c < MacroWeights.Corners; c++) HeadMath.AddCorner(file, c, built.neutralCorners[c], rest);

            var mesh = new HeadMesh(file, rest);
            skin.sharedMesh = mesh.Mesh;
            AddShapes(file, mesh, built);
            var materials = new Material[built.surfaces.Length];
            for (int i = 0; i < materials.Length; i++)
            {
                bool lashes = built.surfaces[i] == "lashes";
                materials[i] = lashes ? HeadMaterials.CutOut(0.35f) : HeadMaterials.Plain(Color.white, Smoothness(built.surfaces[i]));
                if (lashes) materials[i].mainTexture = HeadMaterials.Picture(file, "lashes", "facelive lashes");
            }
            skin.sharedMaterials = materials;
            mesh.AddBones(root.transform, skin, rest);
            built.hair = Worn(root.transform, skin, "Hair", HeadWorn.HairMaterials());
            built.glasses = Worn(root.transform, skin, "Glasses", HeadMaterials.Plain(Color.black, 0.7f), HeadMaterials.Lens());
            built.map.headBone = "Head";
            built.map.leftEyeBone = "Head/LeftEye";
            built.map.rightEyeBone = "Head/RightEye";
            built.map.translation = 0f;
            var avatar = new float[file.Schema.AvatarNames.Count];
            for (int i = 0; i < avatar.Length; i++) avatar[i] = neutral[file.Schema.IndexOf(file.Schema.AvatarNames[i])];
            built.ShowAvatar(file.Schema, avatar);
            return root;
        }

        private static void AddShapes(HeadFile file, HeadMesh mesh, BuiltInHead built)
        {
            string[] sliders = file.Names("sliders"), expressions = file.Names("expressions");
            float[] zero = file.Numbers("slider_zero");
            List<MapEntry> entries = built.map.entries;
            foreach (string name in built.macros) entries.Add(Plain(file.Schema, name));
            for (int i = 0; i < sliders.Length; i++)
            {
                mesh.AddShape(sliders[i] + "+", Morph(file, i));
                mesh.AddShape(sliders[i] + "-", Morph(file, sliders.Length + i));
                entries.Add(Slider(file.Schema, sliders[i], zero[i], true));
                if (zero[i] > 0f) entries.Add(Slider(file.Schema, sliders[i], zero[i], false));
            }
            foreach (Parameter parameter in file.Schema.Parameters)
                if (parameter.Group == ParameterGroup.Style || parameter.Group == ParameterGroup.Colour)
                    entries.Add(Plain(file.Schema, parameter.Name));
            for (int i = 0; i < expressions.Length; i++)
            {
                mesh.AddShape(expressions[i], Morph(file, 2 * sliders.Length + i));
                entries.Add(new MapEntry { parameter = expressions[i], path = "Model", property = expressions[i] });
            }
            built.firstCorner = mesh.Mesh.blendShapeCount;
            string[] corners = file.Names("corners");
            for (int c = 0; c < corners.Length; c++)
            {
                var offsets = new float[file["mean"].Length];
                HeadMath.AddCorner(file, c, 1f, offsets);
                mesh.AddShape("macro/" + corners[c], offsets);
            }
        }

        /// <summary>Two entries per slider: its mesh has one shape towards the maximum and one towards the minimum.</summary>
        private static MapEntry Slider(Schema schema, string name, float zero, bool towards)
        {
            MapEntry entry = Plain(schema, name);
            entry.target = MapTarget.BlendShape;
            entry.path = "Model";
            entry.property = name + (towards ? "+" : "-");
            entry.centre = zero;
            entry.shapeAtMinimum = towards ? 0f : 100f;
            entry.shapeAtMaximum = towards ? 100f : 0f;
            return entry;
        }

        /// <summary>An entry that only names a parameter: what moves it is in BuiltInHead.</summary>
        private static MapEntry Plain(Schema schema, string name)
        {
            Parameter parameter = schema.Parameters[schema.IndexOf(name)];
            return new MapEntry
            {
                parameter = name, group = parameter.Group, kind = parameter.Kind, memberOf = parameter.MemberOf,
                neutral = (float)parameter.Neutral, minimum = (float)parameter.Minimum, maximum = (float)parameter.Maximum,
                target = MapTarget.None,
            };
        }

        /// <summary>(3 V) offsets of one morph at full strength.</summary>
        private static float[] Morph(HeadFile file, int number)
        {
            var offsets = new float[file["mean"].Length];
            HeadMath.AddMorph(file, number, 1f, offsets);
            return offsets;
        }

        /// <summary>A renderer beside the head's that turns with it; its mesh is filled when a style is chosen.</summary>
        private static SkinnedMeshRenderer Worn(Transform root, SkinnedMeshRenderer head, string name, params Material[] materials)
        {
            var part = new GameObject(name);
            part.transform.SetParent(root, false);
            var skin = part.AddComponent<SkinnedMeshRenderer>();
            skin.sharedMesh = new Mesh { name = "facelive " + name };
            skin.sharedMaterials = materials;
            skin.bones = new[] { head.bones[0], head.bones[1] };
            skin.rootBone = head.rootBone;
            // The bounds of a mesh that is filled later are not known to the renderer.
            skin.updateWhenOffscreen = true;
            part.SetActive(false);
            return skin;
        }

        private static float Smoothness(string surface) =>
            surface == "eyeWhite" || surface == "iris" || surface == "pupil" ? 0.9f : 0.35f;
    }
}
