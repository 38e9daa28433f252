using System;
using UnityEngine;

namespace FaceLive
{
    /// <summary>What a parameter moves.</summary>
    public enum MapTarget
    {
        /// <summary>A blend shape of a SkinnedMeshRenderer.</summary>
        BlendShape,

        /// <summary>Local position, Euler angles or scale of a bone, between three values.</summary>
        Translation,
        Rotation,
        Scale,

        /// <summary>An object that is shown while this column of a style is the chosen one.</summary>
        Visible,

        /// <summary>One channel of a colour of a renderer's materials; the parameter ends in :r, :g or :b.</summary>
        ColourChannel,

        /// <summary>Nothing by itself: the parameter is in the schema, a component beside LiveAvatar shows it.</summary>
        None,
    }

    /// <summary>
    /// One parameter and one thing that it moves. The parameter runs from minimum over centre to maximum, the target from
    /// its first over its second to its third value: as the bones of the original work, whose weight is 2v - 1.
    /// </summary>
    [Serializable]
    public sealed class MapEntry
    {
        [Tooltip("A name of the schema, or vrm:aa and its kin for VRM's sums of ARKit shapes.")]
        public string parameter = "";

        public ParameterGroup group = ParameterGroup.Expression;
        public ParameterKind kind = ParameterKind.Continuous;

        [Tooltip("For styles and colours: the name of the style or colour.")]
        public string memberOf = "";

        public float minimum;

        [Tooltip("The parameter's value at which the target is at its middle value: 0.5 for sliders, 0 for expressions.")]
        public float centre;

        public float maximum = 1f;

        [Tooltip("The parameter's value at rest; it goes into the exported schema.")]
        public float neutral;

        public MapTarget target = MapTarget.BlendShape;

        [Tooltip("Path below the avatar's root, as in Transform.Find.")]
        public string path = "";

        [Tooltip("Name of the blend shape, or of the colour property of the materials.")]
        public string property = "";

        public float shapeAtMinimum;
        public float shapeAtCentre;
        public float shapeAtMaximum = 100f;

        public Vector3 boneAtMinimum;
        public Vector3 boneAtCentre;
        public Vector3 boneAtMaximum;

        /// <summary>-1 at the parameter's minimum, 0 at its centre, 1 at its maximum.</summary>
        public float Weight(float value)
        {
            if (value < centre) return centre > minimum ? Mathf.Max(-1f, (value - centre) / (centre - minimum)) : 0f;
            return maximum > centre ? Mathf.Min(1f, (value - centre) / (maximum - centre)) : 0f;
        }

        /// <summary>How far the blend shape is from its middle value.</summary>
        public float ShapeOffset(float value)
        {
            float weight = Weight(value);
            return weight < 0f ? -weight * (shapeAtMinimum - shapeAtCentre) : weight * (shapeAtMaximum - shapeAtCentre);
        }

        /// <summary>How far the bone is from its middle value.</summary>
        public Vector3 BoneOffset(float value)
        {
            float weight = Weight(value);
            return weight < 0f ? -weight * (boneAtMinimum - boneAtCentre) : weight * (boneAtMaximum - boneAtCentre);
        }
    }
}
