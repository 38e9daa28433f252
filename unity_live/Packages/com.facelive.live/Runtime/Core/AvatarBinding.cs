using System;
using System.Collections.Generic;
using UnityEngine;

namespace FaceLive
{
    /// <summary>
    /// A map made ready for one character and one schema. Values come in by <see cref="SetAvatar"/> and
    /// <see cref="Apply"/>; only what has changed is written to Unity.
    /// </summary>
    public sealed class AvatarBinding
    {
        private readonly Schema schema;
        private readonly List<BoundEntry> entries = new List<BoundEntry>();
        private readonly Dictionary<string, BoundTarget> targets = new Dictionary<string, BoundTarget>();
        private readonly BoundHead head;
        private readonly IAvatarExtension extension;
        private readonly float[] avatar;
        private readonly BoundEntry[] everyEntry;
        private readonly BoundTarget[] everyTarget;
        private bool avatarChanged = true;

        /// <summary>What the map names and the character or the schema does not have.</summary>
        public readonly List<string> Missing = new List<string>();

        public AvatarBinding(AvatarMap map, Transform root, Schema schema)
        {
            this.schema = schema;
            float[] neutral = schema.Neutral();
            avatar = new float[schema.AvatarNames.Count];
            for (int i = 0; i < avatar.Length; i++) avatar[i] = neutral[schema.IndexOf(schema.AvatarNames[i])];
            extension = root.GetComponent<IAvatarExtension>();
            foreach (MapEntry entry in map.entries)
            {
                if (entry.target == MapTarget.None) continue;
                BoundEntry bound = Bind(entry, root);
                if (bound == null) Missing.Add(entry.parameter + " -> " + entry.path + " " + entry.property);
                else entries.Add(bound);
            }
            everyEntry = entries.ToArray();
            everyTarget = new BoundTarget[targets.Count];
            targets.Values.CopyTo(everyTarget, 0);
            head = new BoundHead(map, root, Missing);
        }

        public Schema Schema => schema;

        /// <summary>Identity, style and colour, in the order of Schema.AvatarNames. False if their number is another.</summary>
        public bool SetAvatar(float[] values)
        {
            if (values.Length != avatar.Length) return false;
            Array.Copy(values, avatar, values.Length);
            avatarChanged = true;
            return true;
        }

        /// <summary>Shows a face with the avatar that was set. False if the face is of another schema.</summary>
        public bool Apply(Face face)
        {
            if (face.WeightCount != schema.ExpressionNames.Count) return false;
            foreach (BoundTarget target in everyTarget) target.Begin();
            foreach (BoundEntry entry in everyEntry) entry.Add(face.Weights, avatar);
            foreach (BoundTarget target in everyTarget) target.Write();
            head.Apply(face);
            if (avatarChanged) extension?.ShowAvatar(schema, avatar);
            avatarChanged = false;
            return true;
        }

        /// <summary>Shows a whole vector in schema order: what the editor windows have.</summary>
        public void ApplyVector(float[] vector, Face scratch)
        {
            for (int i = 0; i < avatar.Length; i++) avatar[i] = vector[schema.IndexOf(schema.AvatarNames[i])];
            avatarChanged = true;
            scratch.Reserve(schema.ExpressionNames.Count);
            for (int i = 0; i < scratch.WeightCount; i++)
                scratch.Weights[i] = vector[schema.IndexOf(schema.ExpressionNames[i])];
            HeadAxes.SetRotation(scratch, Of(vector, "headYaw"), Of(vector, "headPitch"), Of(vector, "headRoll"));
            scratch.X = Of(vector, "headX");
            scratch.Y = Of(vector, "headY");
            scratch.Z = Of(vector, "headZ");
            scratch.LeftGazeYaw = Of(vector, "leftGazeYaw");
            scratch.LeftGazePitch = Of(vector, "leftGazePitch");
            scratch.RightGazeYaw = Of(vector, "rightGazeYaw");
            scratch.RightGazePitch = Of(vector, "rightGazePitch");
            Apply(scratch);
        }

        /// <summary>Puts everything back as it was found; an extension (the built-in head) keeps its look.</summary>
        public void Restore()
        {
            foreach (BoundTarget target in everyTarget) target.Restore();
            head.Restore();
        }

        private float Of(float[] vector, string name)
        {
            int at = schema.IndexOf(name);
            return at < 0 ? 0f : vector[at];
        }

        private BoundEntry Bind(MapEntry entry, Transform root)
        {
            Func<float[], float[], float> read = Reader(entry);
            if (read == null) return null;
            string key = entry.target == MapTarget.BlendShape || entry.target == MapTarget.ColourChannel
                ? entry.target + "|" + entry.path + "|" + entry.property
                : entry.target + "|" + entry.path;
            if (!targets.TryGetValue(key, out BoundTarget target))
            {
                target = BoundTarget.Find(entry, root);
                if (target == null) return null;
                targets[key] = target;
            }
            return new BoundEntry(entry, target, read);
        }

        /// <summary>How a parameter is read from (weights, avatar); null if the schema has no such parameter.</summary>
        private Func<float[], float[], float> Reader(MapEntry entry)
        {
            if (entry.parameter.StartsWith(AvatarMap.VrmPrefix, StringComparison.Ordinal))
            {
                string name = entry.parameter.Substring(AvatarMap.VrmPrefix.Length);
                if (!VrmExpressions.Formulas.TryGetValue(name, out string formula)) return null;
                VrmExpressions.Sum sum = VrmExpressions.Resolve(formula, schema);
                return (weights, values) => sum.Of(weights);
            }
            int at = schema.ExpressionIndex(entry.parameter);
            if (at >= 0) return (weights, values) => weights[at];
            int inAvatar = schema.AvatarIndex(entry.parameter);
            if (inAvatar < 0) return null;
            if (entry.target != MapTarget.Visible) return (weights, values) => values[inAvatar];
            return ChosenReader(entry.parameter, inAvatar);
        }

        /// <summary>1 while this column is the largest of its style, else 0.</summary>
        private Func<float[], float[], float> ChosenReader(string parameter, int inAvatar)
        {
            int inSchema = schema.IndexOf(parameter);
            foreach (Schema.Member style in schema.Styles)
            {
                if (inSchema < style.Start || inSchema >= style.Start + style.Count) continue;
                int first = schema.AvatarIndex(schema.Parameters[style.Start].Name);
                int count = style.Count;
                return (weights, values) =>
                {
                    int best = first;
                    for (int i = first + 1; i < first + count; i++)
                        if (values[i] > values[best]) best = i;
                    return best == inAvatar ? 1f : 0f;
                };
            }
            return null;
        }
    }
}
