using UnityEditor;
using UnityEngine;

namespace FaceLive.Editor
{
    /// <summary>What all windows share: the choice of a character and of its map.</summary>
    public abstract class CharacterWindow : EditorWindow
    {
        protected CharacterState State { get; private set; }

        // What a reload of the scripts would forget: Unity keeps a window's serialized fields.
        [SerializeField] private Transform keptRoot;
        [SerializeField] private AvatarMap keptMap;
        [SerializeField] private float[] keptValues = new float[0];

        private Vector2 scroll;

        protected virtual void OnEnable()
        {
            State = CreateInstance<CharacterState>();
            State.hideFlags = HideFlags.DontSave;
            State.root = keptRoot;
            State.map = keptMap;
            State.values = (float[])keptValues.Clone();
            Undo.undoRedoPerformed += OnUndo;
        }

        protected virtual void OnDisable()
        {
            Undo.undoRedoPerformed -= OnUndo;
            keptRoot = State.root;
            keptMap = State.map;
            keptValues = State.values;
            State.Release();
            DestroyImmediate(State);
        }

        protected virtual void OnGUI()
        {
            EditorGUI.BeginChangeCheck();
            State.root = (Transform)EditorGUILayout.ObjectField("Character", State.root, typeof(Transform), true);
            State.map = (AvatarMap)EditorGUILayout.ObjectField("Avatar map", State.map, typeof(AvatarMap), false);
            bool changed = EditorGUI.EndChangeCheck();
            if (State.map == null && State.root != null) State.map = MapOf(State.root);
            string problem = State.Prepare(changed);
            if (problem.Length > 0) EditorGUILayout.HelpBox(problem, State.Schema == null ? MessageType.Info : MessageType.Warning);
            if (State.Schema == null) return;
            scroll = EditorGUILayout.BeginScrollView(scroll);
            DrawCharacter();
            EditorGUILayout.EndScrollView();
        }

        /// <summary>What the window shows once there is a character.</summary>
        protected abstract void DrawCharacter();

        /// <summary>The map that a character brings along. The built-in head's is no asset and cannot be chosen.</summary>
        internal static AvatarMap MapOf(Transform root)
        {
            var head = root.GetComponent<BuiltInHead>();
            if (head != null) return head.map;
            var avatar = root.GetComponent<LiveAvatar>();
            return avatar == null ? null : avatar.map;
        }

        /// <summary>A button that opens a dialog: Unity's layout of this frame is lost meanwhile, so the frame ends here.</summary>
        protected static void DialogButton(string text, System.Action open)
        {
            if (!GUILayout.Button(text)) return;
            open();
            GUIUtility.ExitGUI();
        }

        /// <summary>Runs a file operation; what goes wrong is told in a dialog and not in the console. False if it did.</summary>
        protected bool Try(System.Action action)
        {
            try
            {
                action();
                return true;
            }
            catch (System.Exception error) when (error is System.FormatException || error is System.IO.IOException
                || error is System.UnauthorizedAccessException)
            {
                EditorUtility.DisplayDialog("facelive", error.Message, "OK");
                return false;
            }
        }

        private void OnUndo()
        {
            State.Show();
            Repaint();
        }
    }
}
