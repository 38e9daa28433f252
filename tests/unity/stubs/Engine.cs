using System;
using System.Collections.Generic;

namespace UnityEngine
{
    public static class Debug
    {
        /// <summary>Only in the stub: what was logged.</summary>
        public static readonly List<string> Lines = new List<string>();

        public static void Log(object message, Object context = null) => Lines.Add("log " + message);

        public static void LogWarning(object message, Object context = null) => Lines.Add("warning " + message);

        public static void LogError(object message, Object context = null) => Lines.Add("error " + message);

        public static void LogException(Exception error, Object context = null) => Lines.Add("error " + error);
    }

    public static class Application
    {
        public static event Action quitting;

        public static bool isPlaying { get; set; } = true;

        public static bool runInBackground { get; set; }

        public static string streamingAssetsPath => ".";

        public static string dataPath => ".";

        /// <summary>Only in the stub.</summary>
        public static void RaiseQuitting() => quitting?.Invoke();
    }

    public static class Time
    {
        public static float deltaTime { get; set; } = 1f / 60f;

        public static float unscaledDeltaTime { get; set; } = 1f / 60f;

        public static int frameCount { get; set; }

        public static double realtimeSinceStartupAsDouble => System.Diagnostics.Stopwatch.GetTimestamp() / 1e7;
    }

    public static class Resources
    {
        /// <summary>Only in the stub: where TextAssets are read from.</summary>
        public static string Folder = "";

        public static T Load<T>(string path) where T : Object
        {
            string file = System.IO.Path.Combine(Folder, path + ".bytes");
            if (!System.IO.File.Exists(file)) return null;
            return new TextAsset { bytes = System.IO.File.ReadAllBytes(file) } as T;
        }
    }

    namespace SceneManagement
    {
        public struct Scene
        {
            public string name => "stage";
        }

        public static class SceneManager
        {
            public static Scene GetActiveScene() => default;
        }
    }

    public static class Screen
    {
        public static int width => 1280;
    }

    public static class GUI
    {
        /// <summary>Only in the stub: what was written last.</summary>
        public static string LastLabel = "";

        public static void Label(Rect place, string text) => LastLabel = text;
    }

    public sealed class TextAsset : Object
    {
        public byte[] bytes { get; set; }

        public string text { get; set; }
    }
}
