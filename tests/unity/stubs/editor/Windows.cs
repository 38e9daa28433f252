using System;
using UnityEngine;

namespace UnityEngine
{
    public sealed class GUIContent
    {
    }

    public static class GUIUtility
    {
        /// <summary>The real one leaves the frame by an exception that Unity catches.</summary>
        public static void ExitGUI()
        {
        }
    }

    public sealed class GUILayoutOption
    {
    }

    /// <summary>Only in the stub: what the tests let a person press.</summary>
    public static class GUILayout
    {
        public static Func<string, bool> Press = text => false;

        public static bool Button(string text, params GUILayoutOption[] options) => Press(text);

        public static void Label(Texture image, params GUILayoutOption[] options)
        {
        }

        public static void BeginHorizontal(params GUILayoutOption[] options)
        {
        }

        public static void EndHorizontal()
        {
        }

        public static GUILayoutOption Width(float width) => null;

        public static GUILayoutOption Height(float height) => null;
    }
}

namespace UnityEditor
{
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class MenuItem : Attribute
    {
        public int priority;

        public MenuItem(string path)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class CustomEditor : Attribute
    {
        public CustomEditor(Type inspected)
        {
        }
    }

    public class Editor : ScriptableObject
    {
        public UnityEngine.Object target { get; set; }

        public virtual void OnInspectorGUI()
        {
        }

        public bool DrawDefaultInspector() => false;
    }

    public enum MessageType
    {
        None,
        Info,
        Warning,
        Error,
    }

    public class EditorWindow : ScriptableObject
    {
        public static T GetWindow<T>(string title) where T : EditorWindow, new() => new T();

        public void Repaint()
        {
        }
    }

    public static class EditorGUI
    {
        public static bool Changed;

        public static void BeginChangeCheck() => Changed = false;

        public static bool EndChangeCheck() => Changed;

        /// <summary>Only in the stub: what the last bar said.</summary>
        public static string LastProgress = "";

        public static void ProgressBar(Rect position, float value, string text) => LastProgress = text;
    }

    /// <summary>Controls that return what they were given, or what a test has laid ready for their label.</summary>
    public static class EditorGUILayout
    {
        public static readonly System.Collections.Generic.Dictionary<string, object> Answers =
            new System.Collections.Generic.Dictionary<string, object>();

        private static T Answer<T>(string label, T value)
        {
            if (!Answers.TryGetValue(label, out object found)) return value;
            if (!Equals(found, value)) EditorGUI.Changed = true;
            return (T)found;
        }

        public static UnityEngine.Object ObjectField(string label, UnityEngine.Object value, Type type, bool scene) =>
            Answer(label, value);

        public static float Slider(string label, float value, float low, float high) => Answer(label, value);

        public static int IntSlider(string label, int value, int low, int high) => Answer(label, value);

        public static int Popup(string label, int value, string[] options) => Answer(label, value);

        public static Color ColorField(string label, Color value) => Answer(label, value);

        public static bool Foldout(bool open, string label, bool toggleOnLabelClick) => Answer(label, open);

        public static bool Toggle(string label, bool value) => Answer(label, value);

        public static int IntField(string label, int value) => Answer(label, value);

        public static string TextField(string label, string value) => Answer(label, value);

        public static void LabelField(string label, string text)
        {
        }

        public static void HelpBox(string text, MessageType type) => LastHelp = text;

        public static string LastHelp = "";

        public static Rect GetControlRect(params GUILayoutOption[] options) => default;

        public static Vector2 BeginScrollView(Vector2 position) => position;

        public static void EndScrollView()
        {
        }
    }

    public static class EditorUtility
    {
        /// <summary>Only in the stub: what a person chooses.</summary>
        public static string Chosen = "";

        public static string LastDialog = "";

        public static string OpenFilePanel(string title, string folder, string extension) => Chosen;

        public static string OpenFolderPanel(string title, string folder, string name) => Chosen;

        public static string SaveFilePanel(string title, string folder, string name, string extension) => Chosen;

        public static string SaveFilePanelInProject(string title, string name, string extension, string message) => Chosen;

        public static bool DisplayDialog(string title, string message, string ok)
        {
            LastDialog = message;
            return true;
        }
    }

    public static class Selection
    {
        public static UnityEngine.Object activeObject;

        public static GameObject activeGameObject;
    }

    public static class Undo
    {
        public delegate void UndoRedoCallback();

        public static UndoRedoCallback undoRedoPerformed;

        private static readonly System.Collections.Generic.Stack<Action> Steps = new System.Collections.Generic.Stack<Action>();

        /// <summary>Remembers the public fields, as Unity remembers the serialized ones.</summary>
        public static void RecordObject(UnityEngine.Object changed, string name)
        {
            var before = new System.Collections.Generic.Dictionary<System.Reflection.FieldInfo, object>();
            foreach (System.Reflection.FieldInfo field in changed.GetType().GetFields())
                if (!field.IsStatic && !field.IsInitOnly)
                    before[field] = field.GetValue(changed) is Array array ? array.Clone() : field.GetValue(changed);
            Steps.Push(() =>
            {
                foreach (var pair in before) pair.Key.SetValue(changed, pair.Value);
            });
        }

        public static void PerformUndo()
        {
            if (Steps.Count > 0) Steps.Pop()();
            undoRedoPerformed?.Invoke();
        }

        public static void RegisterCreatedObjectUndo(UnityEngine.Object made, string name)
        {
        }

        public static T AddComponent<T>(GameObject to) where T : Component, new() => to.AddComponent<T>();
    }

    public static class AssetDatabase
    {
        public static void CreateAsset(UnityEngine.Object asset, string path)
        {
        }

        public static void SaveAssets()
        {
        }
    }
}
