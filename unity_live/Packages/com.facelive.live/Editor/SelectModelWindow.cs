using UnityEditor;
using UnityEngine;

namespace FaceLive.Editor
{
    /// <summary>Tools > facelive > Select Model: shows the face of an eval.bytes; with Sync-Model again after every change.</summary>
    public sealed class SelectModelWindow : CharacterWindow
    {
        private readonly FileWatch watch = new FileWatch();
        private bool sync;
        private string shown = "";

        [MenuItem("Tools/facelive/Select Model", priority = 3)]
        private static void Open() => GetWindow<SelectModelWindow>("facelive model");

        protected override void OnEnable()
        {
            base.OnEnable();
            EditorApplication.update += Watch;
        }

        protected override void OnDisable()
        {
            EditorApplication.update -= Watch;
            base.OnDisable();
        }

        protected override void DrawCharacter()
        {
            EditorGUILayout.LabelField("File", watch.Path);
            DialogButton("Choose eval.bytes", Choose);
            sync = EditorGUILayout.Toggle("Sync-Model", sync);
            if (shown.Length > 0) EditorGUILayout.HelpBox(shown, MessageType.Info);
        }

        private void Choose()
        {
            string path = EditorUtility.OpenFilePanel("eval.bytes", "", "bytes");
            if (path.Length == 0) return;
            watch.Path = path;
            Show();
        }

        private void Watch()
        {
            if (sync && State.Schema != null && watch.Changed(EditorApplication.timeSinceStartup)) Show();
        }

        private void Show()
        {
            try
            {
                float[] parameters = EvalBytes.Read(watch.Path, out int shape);
                Undo.RecordObject(State, "facelive model");
                State.Take(parameters);
                shown = parameters.Length + " parameters, shape " + shape;
            }
            catch (System.Exception error) when (error is System.FormatException || error is System.IO.IOException
                || error is System.UnauthorizedAccessException)
            {
                // While it is watched the file may be half written: say so and look again at the next change.
                shown = error.Message;
            }
            Repaint();
        }
    }
}
