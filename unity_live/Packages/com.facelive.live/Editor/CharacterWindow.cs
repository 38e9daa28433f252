using UnityEditor;
using UnityEngine;

namespace FaceLive.Editor
{
    /// <summary>What all windows share: the choice of a character and of its map.</summary>
    public abstract class CharacterWindow : EditorWindow
    {
        protected CharacterState State { get; private set; }

        private Vector2 scroll;

        protected virtual void OnEnable()
        {
            State = CreateInstance<CharacterState>();
            State.hideFlags = HideFlags.DontSave;
            Undo.undoRedoPerformed += OnUndo;
        }

        protected virtual void OnDisable()
        {
            Undo.undoRedoPerformed -= OnUndo;
            State.Release();
            DestroyImmediate(State);
        }

        protected virtual void OnGUI()
        {
            EditorGUI.BeginChangeCheck();
            State.root = (Transform)EditorGUILayout.ObjectField("Character", State.root, typeof(Transform), true);
            State.map = (AvatarMap)EditorGUILayout.ObjectField("Avatar map", State.map, typeof(AvatarMap), false);
            bool changed = EditorGUI.EndChangeCheck();
            string problem = State.Prepare(changed);
            if (problem.Length > 0) EditorGUILayout.HelpBox(problem, State.Schema == null ? MessageType.Info : MessageType.Warning);
            if (State.Schema == null) return;
            scroll = EditorGUILayout.BeginScrollView(scroll);
            DrawCharacter();
            EditorGUILayout.EndScrollView();
        }

        /// <summary>What the window shows once there is a character.</summary>
        protected abstract void DrawCharacter();

        /// <summary>Runs a file operation; what goes wrong is told in a dialog and not in the console.</summary>
        protected void Try(System.Action action)
        {
            try
            {
                action();
            }
            catch (System.Exception error) when (error is System.FormatException || error is System.IO.IOException
                || error is System.UnauthorizedAccessException)
            {
                EditorUtility.DisplayDialog("facelive", error.Message, "OK");
            }
        }

        private void OnUndo()
        {
            State.Show();
            Repaint();
        }
    }
}
