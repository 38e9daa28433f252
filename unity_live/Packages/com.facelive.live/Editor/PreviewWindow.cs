using System.Collections.Generic;
using System.IO;
using UnityEditor;
using UnityEngine;

namespace FaceLive.Editor
{
    /// <summary>Tools > facelive > Preview: all sliders by group, styles, colours, expression; undo, save, load.</summary>
    public sealed class PreviewWindow : CharacterWindow
    {
        private readonly Dictionary<string, bool> open = new Dictionary<string, bool>();

        [MenuItem("Tools/facelive/Preview", priority = 1)]
        private static void Open() => GetWindow<PreviewWindow>("facelive preview");

        protected override void DrawCharacter()
        {
            DrawButtons();
            foreach (Schema.Member style in State.Schema.Styles) DrawStyle(style);
            foreach (Schema.Member colour in State.Schema.Colours) DrawColour(colour);
            Schema schema = State.Schema;
            for (int i = 0; i < schema.Parameters.Count;)
            {
                Parameter parameter = schema.Parameters[i];
                string section = SectionOf(parameter);
                bool draw = parameter.Kind == ParameterKind.Continuous && Foldout(section);
                for (; i < schema.Parameters.Count && SectionOf(schema.Parameters[i]) == section; i++)
                    if (draw) DrawSlider(i);
            }
        }

        /// <summary>"nose" of "nose-width1"; the group for names without a region.</summary>
        internal static string SectionOf(Parameter parameter)
        {
            if (parameter.Kind != ParameterKind.Continuous) return parameter.MemberOf;
            int dash = parameter.Name.IndexOf('-');
            return dash > 0 && parameter.Group == ParameterGroup.Identity
                ? parameter.Name.Substring(0, dash)
                : parameter.Group.ToString().ToLowerInvariant();
        }

        private void DrawButtons()
        {
            GUILayout.BeginHorizontal();
            if (GUILayout.Button("Neutral"))
            {
                Undo.RecordObject(State, "facelive neutral");
                State.Neutral();
            }
            if (GUILayout.Button("Random"))
            {
                Undo.RecordObject(State, "facelive random");
                var seed = (ulong)System.DateTime.Now.Ticks;
                State.values = RandomParameters.Draw(State.Schema, seed, 0);
                State.Show();
            }
            DialogButton("Load", Load);
            DialogButton("Save", Save);
            GUILayout.EndHorizontal();
        }

        private void Load()
        {
            string path = EditorUtility.OpenFilePanel("Parameters", "", "json,bytes");
            if (path.Length == 0) return;
            Undo.RecordObject(State, "facelive load");
            Try(() =>
            {
                if (path.EndsWith(".bytes", System.StringComparison.Ordinal)) State.Take(EvalBytes.Read(path, out _));
                else ParameterFile.Read(path, State);
            });
        }

        private void Save()
        {
            string path = EditorUtility.SaveFilePanel("Parameters", "", "face", "json");
            if (path.Length > 0) Try(() => File.WriteAllText(path, ParameterFile.Write(State.Schema, State.values)));
        }

        private bool Foldout(string section)
        {
            open.TryGetValue(section, out bool now);
            return open[section] = EditorGUILayout.Foldout(now, section, true);
        }

        private void DrawSlider(int i)
        {
            Parameter parameter = State.Schema.Parameters[i];
            EditorGUI.BeginChangeCheck();
            float value = EditorGUILayout.Slider(
                parameter.Name, State.values[i], (float)parameter.Minimum, (float)parameter.Maximum);
            if (EditorGUI.EndChangeCheck()) Change(parameter.Name, () => State.values[i] = value);
        }

        private void DrawStyle(Schema.Member style)
        {
            var options = new string[style.Count];
            for (int i = 0; i < style.Count; i++)
            {
                string name = State.Schema.Parameters[style.Start + i].Name;
                options[i] = name.Substring(name.IndexOf(':') + 1);
            }
            EditorGUI.BeginChangeCheck();
            int chosen = EditorGUILayout.Popup(style.Name, State.Chosen(style), options);
            if (EditorGUI.EndChangeCheck()) Change(style.Name, () => State.Choose(style, chosen));
        }

        private void DrawColour(Schema.Member colour)
        {
            if (colour.Count != 3) return;
            float[] v = State.values;
            int at = colour.Start;
            EditorGUI.BeginChangeCheck();
            Color next = EditorGUILayout.ColorField(colour.Name, new Color(v[at], v[at + 1], v[at + 2]));
            if (!EditorGUI.EndChangeCheck()) return;
            Change(colour.Name, () =>
            {
                State.values[at] = next.r;
                State.values[at + 1] = next.g;
                State.values[at + 2] = next.b;
            });
        }

        private void Change(string what, System.Action change)
        {
            Undo.RecordObject(State, "facelive " + what);
            change();
            State.Show();
        }
    }
}
