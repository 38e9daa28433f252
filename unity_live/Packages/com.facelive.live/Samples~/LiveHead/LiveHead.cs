using UnityEngine;

namespace FaceLive.Samples
{
    /// <summary>The built-in head, moved by the stream. Put it on an empty object and press play.</summary>
    public sealed class LiveHead : MonoBehaviour
    {
        public string address = StreamAddress.Default;

        [Tooltip("Which person of the stream: 0 is the main one.")]
        public int faceNumber;

        private void Start()
        {
            var receiver = SceneObjects.Any<LiveReceiver>();
            if (receiver == null) receiver = LiveReceiver.Add(new GameObject("facelive receiver"), address);
            GameObject head = HeadBuilder.Build();
            head.transform.SetParent(transform, false);
            var avatar = head.AddComponent<LiveAvatar>();
            avatar.receiver = receiver;
            avatar.map = head.GetComponent<BuiltInHead>().map;
            avatar.options.faceNumber = faceNumber;
        }
    }
}
