using System;
using UnityEngine;

namespace UnityEditor
{
    public enum PlayModeStateChange
    {
        EnteredEditMode,
        ExitingEditMode,
        EnteredPlayMode,
        ExitingPlayMode,
    }

    public sealed class InitializeOnLoadMethodAttribute : Attribute
    {
    }

    public static class AssemblyReloadEvents
    {
        public delegate void AssemblyReloadCallback();

        public static event AssemblyReloadCallback beforeAssemblyReload;

        /// <summary>Only in the stub.</summary>
        public static void RaiseBeforeReload() => beforeAssemblyReload?.Invoke();
    }

    [Flags]
    public enum EnterPlayModeOptions
    {
        None = 0,
        DisableDomainReload = 1,
        DisableSceneReload = 2,
    }

    public static class EditorSettings
    {
        public static bool enterPlayModeOptionsEnabled { get; set; }

        public static EnterPlayModeOptions enterPlayModeOptions { get; set; }
    }

    public static class EditorApplication
    {
        public delegate void CallbackFunction();

        public static event Action<PlayModeStateChange> playModeStateChanged;

        public static CallbackFunction update;

        public static double timeSinceStartup => System.Diagnostics.Stopwatch.GetTimestamp() / 1e7;

        /// <summary>Only in the stub.</summary>
        public static void RaisePlayMode(PlayModeStateChange change) => playModeStateChanged?.Invoke(change);
    }
}
