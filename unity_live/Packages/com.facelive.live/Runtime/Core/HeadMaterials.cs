using System;
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
            var material = new Material(Ordinary()) { color = colour };
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

        /// <summary>A picture of a head file: grey or black, with alpha. Its first row is v = 1, Unity's is v = 0.</summary>
        public static Texture2D Picture(HeadFile file, string array, string name)
        {
            int[] shape = file.Shape(array);
            float[] values = file[array];
            int height = shape[0], width = shape[1], channels = shape.Length > 2 ? shape[2] : 1;
            var pixels = new Color32[height * width];
            for (int i = 0; i < pixels.Length; i++)
            {
                int from = channels * ((height - 1 - i / width) * width + i % width);
                var grey = (byte)(channels > 1 ? values[from] : 0f);
                pixels[i] = new Color32(grey, grey, grey, (byte)values[from + channels - 1]);
            }
            var picture = new Texture2D(width, height, TextureFormat.RGBA32, true) { name = name, wrapMode = TextureWrapMode.Repeat };
            picture.SetPixels32(pixels);
            picture.Apply();
            return picture;
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

        /// <summary>What the pipeline in use draws ordinary things with; another one's shader may be installed as well.</summary>
        private static Shader Ordinary()
        {
            RenderPipelineAsset pipeline = GraphicsSettings.currentRenderPipeline;
            Shader shader = pipeline == null ? null : pipeline.defaultShader;
            if (shader == null && pipeline == null) shader = Shader.Find("Standard");
            if (shader == null) shader = Shader.Find("Universal Render Pipeline/Lit");
            if (shader == null) shader = Shader.Find("HDRP/Lit");
            if (shader != null) return shader;
            throw new FormatException("this build has no ordinary shader: put it under Always Included Shaders");
        }

        private static void Set(Material material, string property, float value)
        {
            if (material.HasProperty(property)) material.SetFloat(property, value);
        }
    }
}
