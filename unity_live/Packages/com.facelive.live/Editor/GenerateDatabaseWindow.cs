using System;
using UnityEditor;
using UnityEngine;

namespace FaceLive.Editor
{
    /// <summary>
    /// Tools > facelive > Generate Database: random parameters to 512 x 512 pictures and db_description, for training and
    /// test. Works in small steps between the editor's frames; cancel keeps what is done, the same folder goes on.
    /// </summary>
    public sealed class GenerateDatabaseWindow : CharacterWindow
    {
        private const double StepSeconds = 0.1;

        private readonly DatabaseOptions options = new DatabaseOptions();
        private Camera view;
        private int size = 512;
        private bool png;
        private DatabaseWriter writer;
        private CameraPictures pictures;
        private string outcome = "";

        [MenuItem("Tools/facelive/Generate Database", priority = 2)]
        private static void Open() => GetWindow<GenerateDatabaseWindow>("facelive database");

        protected override void OnDisable()
        {
            // Closed, or the scripts are reloaded: what is drawn is described, and the same folder goes on later.
            if (writer != null) Cancel();
            base.OnDisable();
        }

        protected override void DrawCharacter()
        {
            if (writer != null)
            {
                EditorGUI.ProgressBar(
                    EditorGUILayout.GetControlRect(), (float)writer.Done / options.Count, writer.Done + " of " + options.Count);
                if (GUILayout.Button("Cancel")) Cancel();
                return;
            }
            if (view == null) view = Camera.main;
            view = (Camera)EditorGUILayout.ObjectField("Camera", view, typeof(Camera), true);
            options.Folder = EditorGUILayout.TextField("Folder", options.Folder);
            DialogButton("Choose folder", ChooseFolder);
            options.Count = EditorGUILayout.IntField("Pictures", options.Count);
            // 0.7f is not 0.7: of ten pictures it would keep six.
            options.TestShare = Math.Round(EditorGUILayout.Slider("Share for the test", (float)options.TestShare, 0f, 0.9f), 4);
            options.Noise = EditorGUILayout.Slider("Noise (of the range)", options.Noise, 0f, 0.5f);
            options.Seed = (ulong)Math.Max(0, EditorGUILayout.IntField("Seed", (int)options.Seed));
            options.Shape = EditorGUILayout.IntField("Shape (4 female, 3 male)", options.Shape);
            size = EditorGUILayout.IntField("Size", size);
            png = EditorGUILayout.Toggle("PNG instead of JPG", png);
            if (outcome.Length > 0) EditorGUILayout.HelpBox(outcome, MessageType.Info);
            if (GUILayout.Button("Generate")) Begin();
        }

        private void ChooseFolder()
        {
            string chosen = EditorUtility.OpenFolderPanel("Data set", options.Folder, "");
            if (chosen.Length > 0) options.Folder = chosen;
        }

        private void Begin()
        {
            if (view == null || options.Folder.Length == 0 || size < 16 || size > 4096)
            {
                outcome = "Choose a camera, a folder, and a size from 16 to 4096.";
                return;
            }
            Try(() =>
            {
                pictures = new CameraPictures(State, view, size, png);
                writer = new DatabaseWriter(options, State.Schema, pictures);
                EditorApplication.update += Work;
            });
            if (writer == null) Finish("");
        }

        /// <summary>A few pictures per frame of the editor, which stays usable.</summary>
        private void Work()
        {
            bool good = false;
            try
            {
                good = Try(() =>
                {
                    double until = EditorApplication.timeSinceStartup + StepSeconds;
                    while (!writer.Finished && EditorApplication.timeSinceStartup < until) writer.Step();
                });
            }
            finally
            {
                // A full disk or a camera that was deleted must not bring the same dialog or error with every frame.
                if (!good) Cancel();
            }
            if (good && writer.Finished)
                Finish(writer.Done + " pictures, " + writer.Drawn + " of them new, in " + options.Folder);
            Repaint();
        }

        private void Cancel()
        {
            Try(writer.WriteDescriptions);
            Finish("Cancelled after " + writer.Done + " pictures. Generate again with the same settings to go on.");
        }

        private void Finish(string text)
        {
            EditorApplication.update -= Work;
            pictures?.Dispose();
            pictures = null;
            writer = null;
            outcome = text;
            State.Neutral();
        }
    }
}
