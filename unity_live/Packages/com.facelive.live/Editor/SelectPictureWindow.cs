using System.Collections.Generic;
using System.IO;
using UnityEditor;
using UnityEngine;

namespace FaceLive.Editor
{
    /// <summary>
    /// Tools > facelive > Select Picture: shows the face that db_description has for a picture, beside the picture; with
    /// Sync-Picture the next one after a while, to look through a data set.
    /// </summary>
    public sealed class SelectPictureWindow : CharacterWindow
    {
        private const double Pause = 1.0;

        private List<DbEntry> entries = new List<DbEntry>();
        private string folder = "";
        private string shown = "";
        private Texture2D picture;
        private int number;
        private bool sync, found;
        private double next;

        [MenuItem("Tools/facelive/Select Picture", priority = 4)]
        private static void Open() => GetWindow<SelectPictureWindow>("facelive picture");

        protected override void OnEnable()
        {
            base.OnEnable();
            picture = new Texture2D(2, 2);
            EditorApplication.update += Advance;
        }

        protected override void OnDisable()
        {
            EditorApplication.update -= Advance;
            DestroyImmediate(picture);
            base.OnDisable();
        }

        protected override void DrawCharacter()
        {
            DialogButton("Choose a picture of a data set", Choose);
            if (entries.Count == 0) return;
            int chosen = EditorGUILayout.IntSlider("Picture", number, 0, entries.Count - 1);
            if (chosen != number) Try(() => Show(chosen));
            sync = EditorGUILayout.Toggle("Sync-Picture", sync);
            EditorGUILayout.HelpBox(shown, MessageType.Info);
            if (found) GUILayout.Label(picture, GUILayout.Width(256), GUILayout.Height(256));
        }

        private void Choose()
        {
            string path = EditorUtility.OpenFilePanel("Picture", folder, "jpg,png");
            if (path.Length > 0) Try(() => Select(path));
        }

        /// <summary>Throws FormatException if the picture is not in the folder's db_description.</summary>
        private void Select(string path)
        {
            string chosen = Path.GetDirectoryName(path) ?? "";
            List<DbEntry> read = DbDescription.Read(Path.Combine(chosen, DbDescription.FileName));
            string name = Path.GetFileNameWithoutExtension(path);
            int at = read.FindIndex(entry => entry.Name == name);
            if (at < 0) throw new System.FormatException(name + " is not in " + DbDescription.FileName);
            folder = chosen;
            entries = read;
            Show(at);
        }

        private void Show(int index)
        {
            number = index;
            DbEntry entry = entries[index];
            Undo.RecordObject(State, "facelive picture");
            State.Take(entry.Parameters);
            found = false;
            foreach (string extension in new[] { ".jpg", ".png" })
            {
                string path = Path.Combine(folder, entry.Name + extension);
                if (!found && File.Exists(path)) found = picture.LoadImage(File.ReadAllBytes(path));
            }
            shown = entry.Name + ", " + entry.Parameters.Length + " parameters" + (found ? "" : "; its picture is missing");
        }

        private void Advance()
        {
            double now = EditorApplication.timeSinceStartup;
            if (!sync || entries.Count == 0 || State.Schema == null || now < next) return;
            next = now + Pause;
            Try(() => Show((number + 1) % entries.Count));
            Repaint();
        }
    }
}
