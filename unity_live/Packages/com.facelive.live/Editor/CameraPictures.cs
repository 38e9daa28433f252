using System;
using System.Collections.Generic;
using UnityEngine;

namespace FaceLive.Editor
{
    /// <summary>Pictures of the character through a camera of the scene: what the imitator learns to draw.</summary>
    public sealed class CameraPictures : IPictureSource, IDisposable
    {
        private readonly CharacterState state;
        private readonly Camera camera;
        private readonly bool png;
        private readonly RenderTexture target;
        private readonly Texture2D picture;
        private readonly List<SkinnedMeshRenderer> forced = new List<SkinnedMeshRenderer>();

        public CameraPictures(CharacterState state, Camera camera, int size, bool png)
        {
            this.state = state;
            this.camera = camera;
            this.png = png;
            target = new RenderTexture(size, size, 24) { antiAliasing = 4 };
            picture = new Texture2D(size, size, TextureFormat.RGB24, false);
            // Unity skins a mesh once a frame. Several pictures are drawn in one frame of the editor: without this all would
            // show the first face, under the names of the others.
            foreach (SkinnedMeshRenderer skin in state.root.GetComponentsInChildren<SkinnedMeshRenderer>(true))
            {
                if (skin.forceMatrixRecalculationPerRender) continue;
                skin.forceMatrixRecalculationPerRender = true;
                forced.Add(skin);
            }
        }

        public string Extension => png ? "png" : "jpg";

        public byte[] Draw(float[] parameters)
        {
            state.values = parameters;
            state.Show();
            RenderTexture before = RenderTexture.active;
            RenderTexture cameraBefore = camera.targetTexture;
            try
            {
                camera.targetTexture = target;
                camera.Render();
                RenderTexture.active = target;
                picture.ReadPixels(new Rect(0, 0, picture.width, picture.height), 0, 0);
                picture.Apply();
            }
            finally
            {
                camera.targetTexture = cameraBefore;
                RenderTexture.active = before;
            }
            return png ? picture.EncodeToPNG() : picture.EncodeToJPG(95);
        }

        public void Dispose()
        {
            foreach (SkinnedMeshRenderer skin in forced)
                if (skin != null) skin.forceMatrixRecalculationPerRender = false;
            target.Release();
            UnityEngine.Object.DestroyImmediate(target);
            UnityEngine.Object.DestroyImmediate(picture);
        }
    }
}
