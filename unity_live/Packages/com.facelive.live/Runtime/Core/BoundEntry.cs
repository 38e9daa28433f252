using System;
using UnityEngine;

namespace FaceLive
{
    /// <summary>An entry of a map, ready to run.</summary>
    internal sealed class BoundEntry
    {
        private readonly MapEntry entry;
        private readonly BoundTarget target;
        private readonly Func<float[], float[], float> read;

        public BoundEntry(MapEntry entry, BoundTarget target, Func<float[], float[], float> read)
        {
            this.entry = entry;
            this.target = target;
            this.read = read;
        }

        public void Add(float[] weights, float[] avatar) => target.Add(entry, read(weights, avatar));
    }

    /// <summary>One thing that entries move; several entries add up. What does not change is not written.</summary>
    internal abstract class BoundTarget
    {
        public abstract void Begin();

        public abstract void Add(MapEntry entry, float value);

        public abstract void Write();

        /// <summary>Puts it back as it was found, if it is still there.</summary>
        public abstract void Restore();

        /// <summary>Null if the character has no such thing.</summary>
        public static BoundTarget Find(MapEntry entry, Transform root)
        {
            Transform found = string.IsNullOrEmpty(entry.path) ? root : root.Find(entry.path);
            if (found == null) return null;
            switch (entry.target)
            {
                case MapTarget.BlendShape:
                    var skin = found.GetComponent<SkinnedMeshRenderer>();
                    int shape = skin == null || skin.sharedMesh == null ? -1 : skin.sharedMesh.GetBlendShapeIndex(entry.property);
                    return shape < 0 ? null : new BoundShape(skin, shape, entry.shapeAtCentre);
                case MapTarget.Visible:
                    return new BoundObject(found.gameObject);
                case MapTarget.ColourChannel:
                    var renderer = found.GetComponent<Renderer>();
                    return renderer == null ? null : new BoundColour(renderer, entry.property);
                default:
                    return new BoundBone(found, entry.target);
            }
        }
    }

    internal sealed class BoundShape : BoundTarget
    {
        private readonly SkinnedMeshRenderer skin;
        private readonly int shape;
        private readonly float rest, found;
        private float sum;
        private float written = float.NaN;

        public BoundShape(SkinnedMeshRenderer skin, int shape, float rest)
        {
            this.skin = skin;
            this.shape = shape;
            this.rest = rest;
            found = skin.GetBlendShapeWeight(shape);
        }

        public override void Begin() => sum = rest;

        public override void Add(MapEntry entry, float value) => sum += entry.ShapeOffset(value);

        public override void Write()
        {
            if (sum == written) return;
            written = sum;
            skin.SetBlendShapeWeight(shape, sum);
        }

        public override void Restore()
        {
            written = float.NaN;
            if (skin != null) skin.SetBlendShapeWeight(shape, found);
        }
    }

    internal sealed class BoundBone : BoundTarget
    {
        private readonly Transform bone;
        private readonly MapTarget kind;
        private readonly Vector3 position, scale;
        private readonly Quaternion rotation;
        private Vector3 sum;

        public BoundBone(Transform bone, MapTarget kind)
        {
            this.bone = bone;
            this.kind = kind;
            position = bone.localPosition;
            rotation = bone.localRotation;
            scale = bone.localScale;
        }

        public override void Begin() => sum = Vector3.zero;

        public override void Add(MapEntry entry, float value) => sum += entry.BoneOffset(value);

        public override void Write()
        {
            if (kind == MapTarget.Translation) bone.localPosition = position + sum;
            else if (kind == MapTarget.Rotation) bone.localRotation = rotation * Quaternion.Euler(sum.x, sum.y, sum.z);
            else bone.localScale = scale + sum;
        }

        public override void Restore()
        {
            Begin();
            if (bone != null) Write();
        }
    }

    internal sealed class BoundObject : BoundTarget
    {
        private readonly GameObject shown;
        private readonly bool rest;
        private bool any;
        private bool chosen;

        public BoundObject(GameObject shown)
        {
            this.shown = shown;
            rest = shown.activeSelf;
        }

        public override void Begin() => any = chosen = false;

        public override void Add(MapEntry entry, float value)
        {
            any = true;
            chosen |= value > 0.5f;
        }

        public override void Write()
        {
            bool show = any ? chosen : rest;
            if (shown.activeSelf != show) shown.SetActive(show);
        }

        public override void Restore()
        {
            Begin();
            if (shown != null) Write();
        }
    }

    internal sealed class BoundColour : BoundTarget
    {
        private readonly Renderer renderer;
        private readonly string property;
        private readonly MaterialPropertyBlock block = new MaterialPropertyBlock(), found = new MaterialPropertyBlock();
        private Color colour = Color.white;
        private Color written = new Color(-1f, 0f, 0f, 0f);

        public BoundColour(Renderer renderer, string property)
        {
            this.renderer = renderer;
            this.property = string.IsNullOrEmpty(property) ? "_Color" : property;
            renderer.GetPropertyBlock(found);
        }

        public override void Begin()
        {
        }

        public override void Add(MapEntry entry, float value)
        {
            if (entry.parameter.EndsWith(":r", StringComparison.Ordinal)) colour.r = value;
            else if (entry.parameter.EndsWith(":g", StringComparison.Ordinal)) colour.g = value;
            else colour.b = value;
        }

        public override void Write()
        {
            if (colour.r == written.r && colour.g == written.g && colour.b == written.b) return;
            written = colour;
            renderer.GetPropertyBlock(block);
            block.SetColor(property, colour);
            renderer.SetPropertyBlock(block);
        }

        public override void Restore()
        {
            written = new Color(-1f, 0f, 0f, 0f);
            if (renderer != null) renderer.SetPropertyBlock(found.isEmpty ? null : found);
        }
    }
}
