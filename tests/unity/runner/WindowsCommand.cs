using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using FaceLive.Editor;
using UnityEditor;
using UnityEngine;

namespace FaceLive.Tests
{
    /// <summary>
    /// windows FOLDER: a person at the editor windows, as far as stubs can be pressed: a map is made and exported; sliders,
    /// undo, save and load; a data set that is cancelled, closed, and gone on with; eval.bytes and pictures, also synced.
    /// One line of JSON per window for tests/unity/test_unity_windows.py, which reads what was written.
    /// </summary>
    internal static class WindowsCommand
    {
        private static readonly BindingFlags Hidden = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
        private static readonly HashSet<string> Pressed = new HashSet<string>();
        private static string folder;
        private static StageScene scene;

        public static int Run(string[] args)
        {
            folder = args[0];
            Application.isPlaying = false;
            GUILayout.Press = text => Pressed.Contains(text);
            scene = MakeScene();
            Mapping();
            Export();
            Preview();
            Generate();
            Model();
            Picture();
            return 0;
        }

        private static StageScene MakeScene()
        {
            var made = new StageScene(new[] { "jawOpen", "mouthSmileLeft" });
            foreach (string hat in new[] { "HatTall", "HatFlat" }) StageScene.Child(made.Root.transform, hat);
            return made;
        }

        /// <summary>The button of LiveAvatar's inspector, then what a person adds by hand.</summary>
        private static void Mapping()
        {
            EditorUtility.Chosen = "Assets/character map.asset";
            var avatar = scene.Root.AddComponent<LiveAvatar>();
            var inspector = new LiveAvatarEditor { target = avatar };
            Press("Map this character", inspector.OnInspectorGUI);
            AvatarMap map = avatar.map;
            Json.Line(
                "window", "map", "entries", map.entries.Count, "head", map.headBone, "eye", map.leftEyeBone, "receiver",
                SceneObjects.Any<LiveReceiver>() != null);
            map.schemaName = "staged";
            map.entries.Add(new MapEntry
            {
                parameter = "head-size", group = ParameterGroup.Identity, centre = 0.5f, neutral = 0.5f, target = MapTarget.Scale,
                path = "Neck/Head", boneAtMinimum = new Vector3(-0.5f, -0.5f, -0.5f), boneAtMaximum = new Vector3(1f, 1f, 1f),
            });
            map.entries.Add(new MapEntry
            {
                parameter = "head-height", group = ParameterGroup.Identity, centre = 0.5f, neutral = 0.5f,
                target = MapTarget.Translation, path = "Neck", boneAtMaximum = new Vector3(0f, 1f, 0f),
            });
            foreach (string hat in new[] { "Tall", "Flat" })
            {
                map.entries.Add(new MapEntry
                {
                    parameter = "hat:" + hat.ToLowerInvariant(), group = ParameterGroup.Style, kind = ParameterKind.Style,
                    memberOf = "hat", neutral = hat == "Tall" ? 1f : 0f, target = MapTarget.Visible, path = "Hat" + hat,
                });
            }
            foreach (string channel in new[] { "r", "g", "b" })
            {
                map.entries.Add(new MapEntry
                {
                    parameter = "skin:" + channel, group = ParameterGroup.Colour, kind = ParameterKind.Colour, memberOf = "skin",
                    neutral = 0.5f, target = MapTarget.ColourChannel, path = "Face",
                });
            }
        }

        private static void Export()
        {
            EditorUtility.Chosen = Path.Combine(folder, "schema.json");
            Selection.activeGameObject = scene.Root;
            typeof(MapMenu).GetMethod("ExportSchema", Hidden).Invoke(null, null);
            Json.Line("window", "export", "hash", scene.Root.GetComponent<LiveAvatar>().map.ToSchema().Hash.ToString("x16"));
        }

        private static void Preview()
        {
            PreviewWindow window = Open<PreviewWindow>();
            foreach (string section in new[] { "head", "expression" }) EditorGUILayout.Answers[section] = true;
            Draw(window);
            Answer(window, "head-size", 1f);
            float large = scene.Head.localScale.x;
            Answer(window, "hat", 1);
            bool flat = scene.Root.transform.Find("HatFlat").gameObject.activeSelf;
            Answer(window, "skin", new Color(0.25f, 0.5f, 0.75f));
            Answer(window, "jawOpen", 0.5f);
            float jaw = scene.Weight("jawOpen");
            Undo.PerformUndo();
            float undone = scene.Weight("jawOpen");
            Answer(window, "jawOpen", 0.5f);
            EditorUtility.Chosen = Path.Combine(folder, "face.json");
            Press("Save", () => Draw(window));
            Press("Neutral", () => Draw(window));
            float neutral = scene.Head.localScale.x;
            Press("Random", () => Draw(window));
            Press("Load", () => Draw(window));
            float loaded = scene.Head.localScale.x, jawLoaded = scene.Weight("jawOpen");
            // Scripts are reloaded: the window sleeps and wakes.
            Call(window, "OnDisable");
            float asleep = scene.Head.localScale.x;
            Call(window, "OnEnable");
            Draw(window);
            float awake = scene.Head.localScale.x;
            Close(window);
            Json.Line(
                "window", "preview", "large", large, "flat", flat, "jaw", jaw, "undone", undone, "neutral", neutral, "loaded", loaded,
                "jaw_loaded", jawLoaded, "asleep", asleep, "awake", awake, "closed", scene.Head.localScale.x);
        }

        private static void Generate()
        {
            new GameObject("view").AddComponent<Camera>();
            string set = Path.Combine(folder, "set");
            EditorGUILayout.Answers["Folder"] = set;
            EditorGUILayout.Answers["Pictures"] = 300;
            EditorGUILayout.Answers["Noise (of the range)"] = 0.2f;
            GenerateDatabaseWindow window = Open<GenerateDatabaseWindow>();
            Press("Generate", () => Draw(window));
            bool forced = scene.Skin.forceMatrixRecalculationPerRender;
            Steps(window, 40);
            Draw(window);
            string progress = EditorGUI.LastProgress;
            Press("Cancel", () => Draw(window));
            int cancelled = Described(set);
            EditorGUILayout.LastHelp = "";
            Draw(window);
            string told = EditorGUILayout.LastHelp;
            Press("Generate", () => Draw(window));
            Steps(window, 60);
            Close(window);
            int closed = Described(set);
            window = Open<GenerateDatabaseWindow>();
            Press("Generate", () => Draw(window));
            EditorApplication.update();
            while (EditorApplication.update != null && WriterOf(window) != null) EditorApplication.update();
            int finished = Described(set);
            Draw(window);
            Json.Line(
                "window", "generate", "progress", progress, "cancelled", cancelled, "told", told, "closed", closed, "finished", finished,
                "outcome", EditorGUILayout.LastHelp, "forced", forced, "released", !scene.Skin.forceMatrixRecalculationPerRender);
            Close(window);
            // Another seed in the same folder would be wrong labels.
            EditorGUILayout.Answers["Seed"] = 5;
            window = Open<GenerateDatabaseWindow>();
            Press("Generate", () => Draw(window));
            Json.Line("window", "another", "dialog", EditorUtility.LastDialog);
            Close(window);
        }

        private static void Model()
        {
            string path = Path.Combine(folder, "eval.bytes");
            EvalBytes.Write(path, EvalBytes.Male, new[] { 0f, 0.5f });
            SelectModelWindow window = Open<SelectModelWindow>();
            Draw(window);
            EditorUtility.Chosen = path;
            Press("Choose eval.bytes", () => Draw(window));
            float chosen = scene.Head.localScale.x;
            EditorGUILayout.Answers["Sync-Model"] = true;
            Draw(window);
            float synced = Later(path, new[] { 1f, 0.5f }, DateTime.UtcNow.AddSeconds(10));
            File.WriteAllBytes(path, new byte[] { 4, 0, 0 });
            float damaged = Later(path, null, DateTime.UtcNow.AddSeconds(20));
            Draw(window);
            string told = EditorGUILayout.LastHelp;
            float mended = Later(path, new[] { 0f, 0.5f }, DateTime.UtcNow.AddSeconds(30));
            Undo.PerformUndo();
            Json.Line(
                "window", "model", "chosen", chosen, "synced", synced, "damaged", damaged, "told", told, "mended", mended, "undone",
                scene.Head.localScale.x);
            Close(window);
        }

        /// <summary>The file changes; the window looks at it every half second.</summary>
        private static float Later(string path, float[] values, DateTime written)
        {
            if (values != null) EvalBytes.Write(path, EvalBytes.Male, values);
            File.SetLastWriteTimeUtc(path, written);
            for (int i = 0; i < 8; i++)
            {
                System.Threading.Thread.Sleep(100);
                EditorApplication.update?.Invoke();
            }
            return scene.Head.localScale.x;
        }

        private static void Picture()
        {
            string set = Path.Combine(folder, "set", "train");
            List<DbEntry> entries = DbDescription.Read(Path.Combine(set, DbDescription.FileName));
            SelectPictureWindow window = Open<SelectPictureWindow>();
            Draw(window);
            EditorUtility.Chosen = Path.Combine(set, entries[7].Name + ".jpg");
            Press("Choose a picture of a data set", () => Draw(window));
            float chosen = scene.Head.localScale.x;
            EditorGUILayout.Answers["Sync-Picture"] = true;
            File.Delete(Path.Combine(set, entries[8].Name + ".jpg"));
            Draw(window);
            EditorApplication.update?.Invoke();
            float next = scene.Head.localScale.x;
            Draw(window);
            string told = EditorGUILayout.LastHelp;
            EditorUtility.LastDialog = "";
            EditorUtility.Chosen = Path.Combine(set, "stranger.jpg");
            Press("Choose a picture of a data set", () => Draw(window));
            Json.Line(
                "window", "picture", "chosen", chosen, "wanted", Scale(entries[7]), "next", next, "wanted_next", Scale(entries[8]), "told",
                told, "dialog", EditorUtility.LastDialog);
            Close(window);
        }

        private static float Scale(DbEntry entry)
        {
            float weight = 2f * entry.Parameters[0] - 1f;
            return 1f + (weight < 0f ? 0.5f * weight : weight);
        }

        private static void Steps(GenerateDatabaseWindow window, int atLeast)
        {
            while (WriterOf(window) != null && WriterOf(window).Done < atLeast) WriterOf(window).Step();
        }

        private static DatabaseWriter WriterOf(GenerateDatabaseWindow window) =>
            (DatabaseWriter)typeof(GenerateDatabaseWindow).GetField("writer", Hidden).GetValue(window);

        private static int Described(string set)
        {
            int count = 0;
            foreach (string part in new[] { "train", "test" })
            {
                string path = Path.Combine(set, part, DbDescription.FileName);
                if (File.Exists(path)) count += DbDescription.Read(path).Count;
            }
            return count;
        }

        private static T Open<T>() where T : EditorWindow, new()
        {
            var window = new T();
            Call(window, "OnEnable");
            EditorGUILayout.Answers["Character"] = scene.Root.transform;
            return window;
        }

        private static void Close(EditorWindow window) => Call(window, "OnDisable");

        private static void Draw(EditorWindow window) => Call(window, "OnGUI");

        /// <summary>A control is given a value and let go again.</summary>
        private static void Answer(EditorWindow window, string label, object value)
        {
            EditorGUILayout.Answers[label] = value;
            Draw(window);
            EditorGUILayout.Answers.Remove(label);
        }

        private static void Press(string button, Action draw)
        {
            Pressed.Add(button);
            draw();
            Pressed.Remove(button);
        }

        private static void Call(EditorWindow window, string method) =>
            window.GetType().GetMethod(method, Hidden).Invoke(window, null);
    }
}
