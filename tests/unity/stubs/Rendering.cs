using System;
using System.Collections.Generic;

namespace UnityEngine
{
    namespace Rendering
    {
        public enum IndexFormat
        {
            UInt16,
            UInt32,
        }

        public class RenderPipelineAsset : ScriptableObject
        {
            public virtual Shader defaultShader => null;
        }

        public static class GraphicsSettings
        {
            public static RenderPipelineAsset currentRenderPipeline => null;
        }

        public enum RenderQueue
        {
            AlphaTest = 2450,
            Transparent = 3000,
        }

        public enum BlendMode
        {
            One = 1,
            OneMinusSrcAlpha = 10,
        }
    }

    public struct BoneWeight
    {
        public int boneIndex0 { get; set; }

        public int boneIndex1 { get; set; }

        public float weight0 { get; set; }

        public float weight1 { get; set; }
    }

    public sealed class Mesh : Object
    {
        private readonly List<string> shapes = new List<string>();
        private readonly Dictionary<string, Vector3[]> deltas = new Dictionary<string, Vector3[]>();

        public Vector3[] vertices { get; set; } = new Vector3[0];

        public Vector3[] normals { get; set; } = new Vector3[0];

        public Vector2[] uv { get; set; } = new Vector2[0];

        public int[] triangles { get; set; } = new int[0];

        public BoneWeight[] boneWeights { get; set; }

        public Matrix4x4[] bindposes { get; set; }

        public int subMeshCount { get; set; } = 1;

        public Rendering.IndexFormat indexFormat { get; set; }

        public int vertexCount => vertices.Length;

        public int blendShapeCount => shapes.Count;

        public string GetBlendShapeName(int index) => shapes[index];

        public int GetBlendShapeIndex(string shape) => shapes.IndexOf(shape);

        public void AddBlendShapeFrame(string shape, float weight, Vector3[] vertices, Vector3[] normals, Vector3[] tangents)
        {
            if (vertices.Length != vertexCount && vertexCount != 0) throw new ArgumentException("blend shape of another size");
            shapes.Add(shape);
            deltas[shape] = vertices;
        }

        /// <summary>Only in the stub: what AddBlendShapeFrame was given.</summary>
        public Vector3[] DeltaOf(string shape) => deltas[shape];

        public void SetTriangles(int[] triangles, int submesh) => Submeshes[submesh] = triangles;

        public readonly Dictionary<int, int[]> Submeshes = new Dictionary<int, int[]>();

        public void RecalculateNormals()
        {
        }

        public void RecalculateBounds()
        {
        }

        public void Clear()
        {
            shapes.Clear();
            Submeshes.Clear();
            vertices = normals = new Vector3[0];
            uv = new Vector2[0];
        }
    }

    public class Renderer : Component
    {
        private MaterialPropertyBlock block = new MaterialPropertyBlock();

        public bool enabled { get; set; } = true;

        public Material sharedMaterial { get; set; }

        public Material[] sharedMaterials { get; set; } = new Material[0];

        public void GetPropertyBlock(MaterialPropertyBlock into) => into.Copy(block);

        public void SetPropertyBlock(MaterialPropertyBlock from)
        {
            block = new MaterialPropertyBlock();
            if (from != null) block.Copy(from);
        }
    }

    public sealed class MeshRenderer : Renderer
    {
    }

    public sealed class MeshFilter : Component
    {
        public Mesh sharedMesh { get; set; }
    }

    public sealed class SkinnedMeshRenderer : Renderer
    {
        private readonly Dictionary<int, float> weights = new Dictionary<int, float>();

        public Mesh sharedMesh { get; set; }

        public Transform[] bones { get; set; }

        public Transform rootBone { get; set; }

        public bool updateWhenOffscreen { get; set; }

        public bool forceMatrixRecalculationPerRender { get; set; }

        /// <summary>Only in the stub: how often a weight was written, and when last.</summary>
        public long Writes { get; private set; }

        public void SetBlendShapeWeight(int index, float value)
        {
            weights[index] = value;
            Writes++;
        }

        public float GetBlendShapeWeight(int index) => weights.TryGetValue(index, out float value) ? value : 0f;
    }

    public sealed class MaterialPropertyBlock
    {
        private readonly Dictionary<string, Color> colours = new Dictionary<string, Color>();

        public bool isEmpty => colours.Count == 0;

        public void SetColor(string name, Color value) => colours[name] = value;

        public Color GetColor(string name) => colours.TryGetValue(name, out Color value) ? value : default;

        internal void Copy(MaterialPropertyBlock other)
        {
            foreach (KeyValuePair<string, Color> pair in other.colours) colours[pair.Key] = pair.Value;
        }
    }

    public sealed class Shader : Object
    {
        public static Shader Find(string name) => new Shader { name = name };
    }

    public class Material : Object
    {
        public Material(Shader shader)
        {
        }

        public Color color { get; set; }

        public Texture mainTexture { get; set; }

        public int renderQueue { get; set; }

        public bool HasProperty(string name) => true;

        private readonly Dictionary<string, float> floats = new Dictionary<string, float>();

        public void SetFloat(string name, float value) => floats[name] = value;

        public float GetFloat(string name) => floats.TryGetValue(name, out float value) ? value : 0f;

        public void EnableKeyword(string keyword)
        {
        }

        public void SetOverrideTag(string tag, string value)
        {
        }
    }

    public class Texture : Object
    {
        public int width { get; set; }

        public int height { get; set; }

        public TextureWrapMode wrapMode { get; set; }
    }

    public enum TextureWrapMode
    {
        Repeat,
        Clamp,
    }

    public enum TextureFormat
    {
        RGB24 = 3,
        RGBA32 = 4,
    }

    public sealed class Texture2D : Texture
    {
        public Texture2D(int width, int height, TextureFormat format = TextureFormat.RGBA32, bool mipChain = true)
        {
            this.width = width;
            this.height = height;
        }

        public void ReadPixels(Rect source, int x, int y)
        {
        }

        /// <summary>Only in the stub: what was set last.</summary>
        public Color32[] Pixels { get; private set; }

        public void SetPixels32(Color32[] colors)
        {
            if (colors.Length != width * height) throw new ArgumentException("pixels of another size");
            Pixels = colors;
        }

        public void Apply()
        {
        }
    }

    public static class ImageConversion
    {
        public static byte[] EncodeToJPG(this Texture2D texture, int quality) => new byte[] { 0xFF, 0xD8, 0xFF, 0xD9 };

        public static byte[] EncodeToPNG(this Texture2D texture) => new byte[] { 0x89, 0x50, 0x4E, 0x47 };

        public static bool LoadImage(this Texture2D texture, byte[] data) => true;
    }

    public sealed class RenderTexture : Texture
    {
        public RenderTexture(int width, int height, int depth)
        {
            this.width = width;
            this.height = height;
        }

        public static RenderTexture active { get; set; }

        public int antiAliasing { get; set; }

        public void Release()
        {
        }
    }

    public enum CameraClearFlags
    {
        Skybox = 1,
        SolidColor = 2,
    }

    public sealed class Camera : Behaviour
    {
        public static Camera main => FindObjectOfType<Camera>();

        public RenderTexture targetTexture { get; set; }

        public float fieldOfView { get; set; }

        public float nearClipPlane { get; set; }

        public float farClipPlane { get; set; }

        public CameraClearFlags clearFlags { get; set; }

        public Color backgroundColor { get; set; }

        public void Render()
        {
        }
    }

    public enum LightType
    {
        Spot,
        Directional,
        Point,
    }

    public sealed class Light : Behaviour
    {
        public LightType type { get; set; }

        public float intensity { get; set; }

        public Color color { get; set; }
    }
}
