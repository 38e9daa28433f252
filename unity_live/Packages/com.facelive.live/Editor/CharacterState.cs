using System;
using System.Collections.Generic;
using UnityEngine;

namespace FaceLive.Editor
{
    /// <summary>
    /// A character under the editor's hands: its map, and one value per parameter. A ScriptableObject, so that Undo can
    /// record it.
    /// </summary>
    public sealed class CharacterState : ScriptableObject
    {
        public Transform root;
        public AvatarMap map;
        public float[] values = Array.Empty<float>();

        private readonly Face scratch = new Face();
        private AvatarBinding binding;
        private AvatarMap boundMap;
        private Transform boundRoot;

        /// <summary>Null until <see cref="Prepare"/> has succeeded.</summary>
        public Schema Schema => binding?.Schema;

        /// <summary>Binds the map to the character if something has changed. Empty, or what is wrong.</summary>
        public string Prepare(bool again = false)
        {
            if (root == null || map == null) return "Choose a character in the scene and its AvatarMap.";
            if (!again && binding != null && boundMap == map && boundRoot == root) return "";
            try
            {
                Schema schema = map.ToSchema();
                binding?.Restore();
                boundMap = map;
                boundRoot = root;
                binding = new AvatarBinding(map, root, schema);
                if (values.Length != schema.Parameters.Count) values = schema.Neutral();
                Show();
                return binding.Missing.Count == 0 ? "" : "Not on this character: " + string.Join(", ", binding.Missing);
            }
            catch (FormatException error)
            {
                binding = null;
                return error.Message;
            }
        }

        public void Show()
        {
            if (binding == null) return;
            binding.ApplyVector(values, scratch);
            // In play mode the built-in head paints its skin over some frames; a picture of a data set cannot wait.
            var head = boundRoot.GetComponent<BuiltInHead>();
            if (head != null) head.FinishPaint();
        }

        public void Neutral()
        {
            if (binding != null) values = binding.Schema.Neutral();
            Show();
        }

        /// <summary>Chooses one column of a style.</summary>
        public void Choose(Schema.Member style, int option)
        {
            for (int i = 0; i < style.Count; i++) values[style.Start + i] = i == option ? 1f : 0f;
        }

        public int Chosen(Schema.Member style)
        {
            int best = 0;
            for (int i = 1; i < style.Count; i++)
                if (values[style.Start + i] > values[style.Start + best]) best = i;
            return best;
        }

        /// <summary>
        /// Values from a file: as many as the avatar has (identity, style and colour), or all of the schema, or fewer, as the
        /// community files have (the first ones then). Throws FormatException if there are more than the character has.
        /// </summary>
        public void Take(IReadOnlyList<float> parameters)
        {
            if (binding == null) throw new FormatException("choose a character first");
            Schema schema = binding.Schema;
            bool whole = parameters.Count == schema.Parameters.Count;
            if (!whole && parameters.Count > schema.AvatarNames.Count)
                throw new FormatException("the file has " + parameters.Count + " parameters, the character "
                    + schema.AvatarNames.Count);
            float[] next = schema.Neutral();
            for (int i = 0; i < parameters.Count; i++)
                next[whole ? i : schema.IndexOf(schema.AvatarNames[i])] = parameters[i];
            values = next;
            Show();
        }

        /// <summary>Puts the character back as it was found.</summary>
        public void Release()
        {
            if (boundRoot != null) binding?.Restore();
            binding = null;
        }
    }
}
