using System;
using System.Collections.Generic;
using UnityEngine;

namespace FaceLive
{
    /// <summary>What the parameters of a stream (or of a trained rig) move on one character.</summary>
    [CreateAssetMenu(fileName = "AvatarMap", menuName = "facelive/Avatar Map")]
    public sealed class AvatarMap : ScriptableObject
    {
        public const string VrmPrefix = "vrm:";

        [Tooltip("Name of the schema that is exported from this map.")]
        public string schemaName = "my-character";

        public List<MapEntry> entries = new List<MapEntry>();

        [Header("Head and eyes (paths below the avatar's root, empty for none)")]
        public string headBone = "";
        public string neckBone = "";
        public string leftEyeBone = "";
        public string rightEyeBone = "";

        [Range(0f, 1f), Tooltip("How much of the head's rotation the neck takes.")]
        public float neckShare = 0.3f;

        [Tooltip("Metres of the head bone per metre of the person; 0 keeps the head in its place.")]
        public float translation;

        /// <summary>The parameters of this map as a schema. Throws FormatException if they contradict each other.</summary>
        public Schema ToSchema()
        {
            var parameters = new List<Parameter>();
            var seen = new Dictionary<string, MapEntry>();
            foreach (MapEntry entry in entries)
            {
                if (entry.parameter.StartsWith(VrmPrefix, StringComparison.Ordinal)) continue;
                if (seen.TryGetValue(entry.parameter, out MapEntry first))
                {
                    if (first.minimum != entry.minimum || first.maximum != entry.maximum || first.group != entry.group)
                        throw new FormatException(entry.parameter + " has two entries with different ranges or groups");
                    continue;
                }
                seen[entry.parameter] = entry;
                parameters.Add(new Parameter(
                    entry.parameter, entry.group, entry.kind, Short(entry.minimum), Short(entry.maximum),
                    Short(entry.neutral), "", entry.memberOf));
            }
            return new Schema(schemaName, parameters);
        }

        // 0.3f is not 0.3: the schema shall hold the number that the inspector shows.
        private static double Short(float value) =>
            double.Parse(
                value.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
                System.Globalization.CultureInfo.InvariantCulture);
    }
}
