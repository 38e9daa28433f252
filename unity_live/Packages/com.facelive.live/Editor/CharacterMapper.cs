using UnityEditor;
using UnityEngine;

namespace FaceLive.Editor
{
    /// <summary>Makes a map from the names on a character, a LiveAvatar that uses it, and a receiver if the scene has none.</summary>
    public static class CharacterMapper
    {
        /// <summary>Asks where the map shall be kept; false if the person does not say.</summary>
        public static bool Map(GameObject character)
        {
            string path = EditorUtility.SaveFilePanelInProject("Avatar map", character.name + " map", "asset", "Where?");
            if (path.Length == 0) return false;
            var map = ScriptableObject.CreateInstance<AvatarMap>();
            map.schemaName = character.name;
            int found = AutoMap.Fill(map, character.transform, ArkitNames.All);
            AssetDatabase.CreateAsset(map, path);
            AssetDatabase.SaveAssets();
            var avatar = character.GetComponent<LiveAvatar>();
            if (avatar == null) avatar = Undo.AddComponent<LiveAvatar>(character);
            // Without this record a change to a component that was there before is not saved with the scene.
            Undo.RecordObject(avatar, "facelive map");
            avatar.map = map;
            if (SceneObjects.Any<LiveReceiver>() == null)
            {
                var receiver = new GameObject("facelive receiver");
                receiver.AddComponent<LiveReceiver>();
                Undo.RegisterCreatedObjectUndo(receiver, "facelive receiver");
            }
            Debug.Log("facelive: " + found + " blend shapes mapped" + Bones(map) + "; look through " + path, map);
            return true;
        }

        private static string Bones(AvatarMap map)
        {
            string text = "";
            if (map.headBone.Length > 0) text += ", head bone " + map.headBone;
            if (map.leftEyeBone.Length > 0 && map.rightEyeBone.Length > 0) text += ", eye bones";
            return text.Length > 0 ? text : ", no bones";
        }
    }
}
