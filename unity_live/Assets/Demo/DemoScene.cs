using UnityEngine;

namespace FaceLive.Demo
{
    /// <summary>
    /// Builds the demo at run time: camera, light, receiver and the built-in head. Works in the demo scene and in any scene
    /// without a receiver, so pressing play is all that is needed.
    /// </summary>
    public sealed class DemoScene : MonoBehaviour
    {
        [Tooltip("tcp://host:port of facelive live")]
        public string address = StreamAddress.Default;

        private LiveReceiver receiver;

        [RuntimeInitializeOnLoadMethod(RuntimeInitializeLoadType.AfterSceneLoad)]
        private static void BuildWhereNothingIs()
        {
            bool built = FindObjectOfType<LiveReceiver>() != null || FindObjectOfType<DemoScene>() != null;
            if (!built) new GameObject("facelive demo").AddComponent<DemoScene>();
        }

        private void Start()
        {
            receiver = gameObject.AddComponent<LiveReceiver>();
            receiver.Reopen(address);
            GameObject head = HeadBuilder.Build();
            head.AddComponent<LiveAvatar>().map = head.GetComponent<BuiltInHead>().map;
            PlaceCamera();
            if (FindObjectOfType<Light>() == null) AddLight();
        }

        private static void PlaceCamera()
        {
            Camera view = Camera.main;
            if (view == null)
            {
                view = new GameObject("camera").AddComponent<Camera>();
                view.tag = "MainCamera";
            }
            view.transform.position = new Vector3(0f, 0.05f, 0.75f);
            view.transform.rotation = Quaternion.Euler(0f, 180f, 0f);
            view.fieldOfView = 30f;
            view.nearClipPlane = 0.05f;
            view.clearFlags = CameraClearFlags.SolidColor;
            view.backgroundColor = new Color(0.24f, 0.26f, 0.3f);
        }

        private static void AddLight()
        {
            var light = new GameObject("light").AddComponent<Light>();
            light.type = LightType.Directional;
            light.transform.rotation = Quaternion.Euler(35f, 200f, 0f);
        }

        private void OnGUI()
        {
            StreamClient client = receiver == null ? null : receiver.Client;
            if (client == null) return;
            string phase = client.State == null ? "waiting for " + address : client.State.Phase;
            GUI.Label(
                new Rect(10f, 10f, 600f, 60f),
                phase + "   frames " + client.Counters.Frames + "   lost " + client.Counters.Lost + "   age "
                + client.Counters.Age.Summary());
        }
    }
}
