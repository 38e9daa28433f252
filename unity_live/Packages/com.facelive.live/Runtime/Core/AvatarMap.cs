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

        /// <summary>
        /// The parameters of this map as a schema, with the pose of what has bones: a rig without these sends no turn of the
        /// head. Throws FormatException if they contradict each other.
        /// </summary>
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
            if (headBone.Length > 0 || neckBone.Length > 0)
            {
                foreach (string name in new[] { "headYaw", "headPitch", "headRoll" }) AddPose(parameters, seen, name, 1.5708, "rad");
                foreach (string name in new[] { "headX", "headY", "headZ" }) AddPose(parameters, seen, name, 10.0, "m");
            }
            if (leftEyeBone.Length > 0 || rightEyeBone.Length > 0)
            {
                foreach (string name in new[] { "leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch" })
                    AddPose(parameters, seen, name, 1.0, "rad");
            }
            return new Schema(schemaName, parameters);
        }

        private static void AddPose(List<Parameter> parameters, Dictionary<string, MapEntry> seen, string name, double reach, string unit)
        {
            if (!seen.ContainsKey(name))
                parameters.Add(new Parameter(name, ParameterGroup.Pose, minimum: -reach, maximum: reach, unit: unit));
        }

        // 0.3f is not 0.3: the schema shall hold the number that the inspector shows.
        private static double Short(float value) =>
            double.Parse(
                value.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
                System.Globalization.CultureInfo.InvariantCulture);
    }
}
