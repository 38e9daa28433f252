using UnityEditor;
using UnityEngine;

namespace FaceLive.Editor
{
    /// <summary>The inspector of a LiveAvatar: what it still lacks, with the button that mends it.</summary>
    [CustomEditor(typeof(LiveAvatar))]
    public sealed class LiveAvatarEditor : UnityEditor.Editor
    {
        public override void OnInspectorGUI()
        {
            DrawDefaultInspector();
            var avatar = (LiveAvatar)target;
            if (avatar.map == null)
            {
                EditorGUILayout.HelpBox("No map yet: which parameter moves what on this character.", MessageType.Info);
                if (!GUILayout.Button("Map this character")) return;
                CharacterMapper.Map(avatar.gameObject);
                GUIUtility.ExitGUI();
            }
            else if (avatar.Driver?.Binding != null && avatar.Driver.Binding.Missing.Count > 0)
            {
                EditorGUILayout.HelpBox(
                    "Not on this character or not in this stream: " + string.Join(", ", avatar.Driver.Binding.Missing),
                    MessageType.Warning);
            }
        }
    }
}
