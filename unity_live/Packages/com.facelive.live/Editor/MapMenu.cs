using System;
using System.IO;
using UnityEditor;
using UnityEngine;

namespace FaceLive.Editor
{
    /// <summary>Tools > facelive > Export Schema, Show Built-in Head and Map Selected Character.</summary>
    public static class MapMenu
    {
        [MenuItem("Tools/facelive/Export Schema", priority = 5)]
        private static void ExportSchema()
        {
            var map = Selection.activeObject as AvatarMap;
            GameObject character = Selection.activeGameObject;
            if (map == null && character != null) map = CharacterWindow.MapOf(character.transform);
            if (map == null)
            {
                EditorUtility.DisplayDialog("facelive", "Select an AvatarMap, or a character that has one, first.", "OK");
                return;
            }
            string path = EditorUtility.SaveFilePanel("Schema", "", map.schemaName, "json");
            if (path.Length == 0) return;
            try
            {
                Schema schema = map.ToSchema();
                File.WriteAllText(path, SchemaJson.Write(schema) + "\n");
                Debug.Log("facelive: " + schema.Parameters.Count + " parameters in " + path);
            }
            catch (Exception error) when (error is FormatException || error is IOException
                || error is UnauthorizedAccessException)
            {
                EditorUtility.DisplayDialog("facelive", error.Message, "OK");
            }
        }

        /// <summary>Puts the built-in head into the scene, for the windows above; it is not saved with it.</summary>
        [MenuItem("Tools/facelive/Show Built-in Head", priority = 19)]
        private static void ShowBuiltInHead()
        {
            try
            {
                GameObject head = HeadBuilder.Build();
                // Saved with the scene it would be 278 blend shapes of text.
                foreach (Transform part in head.GetComponentsInChildren<Transform>(true)) part.gameObject.hideFlags = HideFlags.DontSave;
                Selection.activeGameObject = head;
            }
            catch (FormatException error)
            {
                EditorUtility.DisplayDialog("facelive", error.Message, "OK");
            }
        }

        [MenuItem("Tools/facelive/Map Selected Character", priority = 20)]
        private static void MapSelected()
        {
            GameObject character = Selection.activeGameObject;
            if (character == null)
            {
                EditorUtility.DisplayDialog("facelive", "Select a character in the scene first.", "OK");
                return;
            }
            CharacterMapper.Map(character);
        }
    }
}
