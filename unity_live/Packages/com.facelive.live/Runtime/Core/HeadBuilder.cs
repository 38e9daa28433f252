using System;
using System.Collections.Generic;
using UnityEngine;

namespace FaceLive
{
    /// <summary>
    /// Builds the built-in head from its file: one skinned mesh with a blend shape for every slider (towards and away), every
    /// expression and every macro corner, bones for head and eyes, one material per surface, and the map that moves it all.
    /// </summary>
    public static class HeadBuilder
    {
        /// <summary>The head that ships with the package. Throws FormatException if the file is damaged or missing.</summary>
        public static GameObject Build()
        {
            var asset = Resources.Load<TextAsset>("facelive-head");
            if (asset == null) throw new FormatException("Resources/facelive-head.bytes is missing from the package");
            return Build(new HeadFile(asset.bytes));
        }

        public static GameObject Build(HeadFile file)
        {
            var root = new GameObject("facelive head");
            var model = new GameObject("Model");
            model.transform.SetParent(root.transform, false);
            var skin = model.AddComponent<SkinnedMeshRenderer>();
            var built = root.AddComponent<BuiltInHead>();
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
            for (int c = 0; c < MacroWeights.Corners; c++) Add(rest, file.Corner(c), built.neutralCorners[c]);

            var mesh = new HeadMesh(file, rest);
            skin.sharedMesh = mesh.Mesh;
            AddShapes(file, mesh, built);
            AddMaterials(skin, built.surfaces.Length);
            mesh.AddBones(root.transform, skin, rest);
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
                mesh.AddShape(sliders[i] + "+", file.Morph(i));
                mesh.AddShape(sliders[i] + "-", file.Morph(sliders.Length + i));
                entries.Add(Slider(file.Schema, sliders[i], zero[i], true));
                if (zero[i] > 0f) entries.Add(Slider(file.Schema, sliders[i], zero[i], false));
            }
            foreach (Parameter parameter in file.Schema.Parameters)
                if (parameter.Group == ParameterGroup.Style || parameter.Group == ParameterGroup.Colour)
                    entries.Add(Plain(file.Schema, parameter.Name));
            for (int i = 0; i < expressions.Length; i++)
            {
                mesh.AddShape(expressions[i], file.Morph(2 * sliders.Length + i));
                entries.Add(new MapEntry { parameter = expressions[i], path = "Model", property = expressions[i] });
            }
            built.firstCorner = mesh.Mesh.blendShapeCount;
            string[] corners = file.Names("corners");
            for (int c = 0; c < corners.Length; c++) mesh.AddShape("macro/" + corners[c], file.Corner(c));
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

        private static void AddMaterials(SkinnedMeshRenderer skin, int count)
        {
            // Built-in, universal and high definition pipelines call their ordinary shader by other names.
            Shader shader = Shader.Find("Universal Render Pipeline/Lit");
            if (shader == null) shader = Shader.Find("HDRP/Lit");
            if (shader == null) shader = Shader.Find("Standard");
            var materials = new Material[count];
            for (int i = 0; i < count; i++) materials[i] = new Material(shader);
            skin.sharedMaterials = materials;
        }

        internal static void Add(float[] sum, float[] offsets, float weight)
        {
            if (weight == 0f) return;
            for (int i = 0; i < sum.Length; i++) sum[i] += weight * offsets[i];
        }
    }
}
