using UnityEngine;
using UnityEngine.Rendering;

namespace FaceLive
{
    /// <summary>
    /// Materials of the built-in head from the pipeline's ordinary shader. The built-in, universal and high definition
    /// pipelines name their properties differently; only those that a shader has are set.
    /// </summary>
    internal static class HeadMaterials
    {
        private const float LensAlpha = 0.15f;

        public static Material Plain(Color colour, float smoothness)
        {
            var material = new Material(Shader()) { color = colour };
            Set(material, "_Glossiness", smoothness);
            Set(material, "_Smoothness", smoothness);
            return material;
        }

        /// <summary>Strands cut out of a sheet: texels whose alpha is below the cut-off are not there.</summary>
        public static Material CutOut(float cutOff)
        {
            Material material = Plain(Color.white, 0.35f);
            Set(material, "_Mode", 1f);
            Set(material, "_AlphaClip", 1f);
            Set(material, "_AlphaCutoffEnable", 1f);
            Set(material, "_Cutoff", cutOff);
            Set(material, "_AlphaCutoff", cutOff);
            material.EnableKeyword("_ALPHATEST_ON");
            material.SetOverrideTag("RenderType", "TransparentCutout");
            material.renderQueue = (int)RenderQueue.AlphaTest;
            return material;
        }

        public static Material Lens()
        {
            Material material = Plain(new Color(0.75f, 0.8f, 0.85f, LensAlpha), 0.95f);
            Set(material, "_Mode", 3f);
            Set(material, "_Surface", 1f);
            Set(material, "_SurfaceType", 1f);
            Set(material, "_SrcBlend", (float)BlendMode.One);
            Set(material, "_DstBlend", (float)BlendMode.OneMinusSrcAlpha);
            Set(material, "_ZWrite", 0f);
            material.EnableKeyword("_ALPHAPREMULTIPLY_ON");
            material.EnableKeyword("_SURFACE_TYPE_TRANSPARENT");
            material.SetOverrideTag("RenderType", "Transparent");
            material.renderQueue = (int)RenderQueue.Transparent;
            return material;
        }

        private static Shader Shader()
        {
            Shader shader = UnityEngine.Shader.Find("Universal Render Pipeline/Lit");
            if (shader == null) shader = UnityEngine.Shader.Find("HDRP/Lit");
            if (shader == null) shader = UnityEngine.Shader.Find("Standard");
            return shader;
        }

        private static void Set(Material material, string property, float value)
        {
            if (material.HasProperty(property)) material.SetFloat(property, value);
        }
    }
}
