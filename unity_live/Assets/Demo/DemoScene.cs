using UnityEngine;
using UnityEngine.SceneManagement;

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
            bool built = SceneObjects.Any<LiveReceiver>() != null || SceneObjects.Any<DemoScene>() != null;
            // The test runner plays in a scene of its own.
            bool tested = SceneManager.GetActiveScene().name.StartsWith("InitTestScene", System.StringComparison.Ordinal);
            if (!built && !tested) new GameObject("facelive demo").AddComponent<DemoScene>();
        }

        private void Start()
        {
            // The stream is started in another window: without this the head stands still until Unity is in front again.
            Application.runInBackground = true;
            receiver = LiveReceiver.Add(new GameObject("facelive receiver"), address);
            GameObject head = HeadBuilder.Build();
            head.AddComponent<LiveAvatar>().map = head.GetComponent<BuiltInHead>().map;
            PlaceCamera();
            if (SceneObjects.Any<Light>() == null) AddLight();
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
            if (client != null) GUI.Label(new Rect(10f, 10f, Screen.width - 20f, 120f), Line(client));
        }

        /// <summary>What a person needs first: why nothing moves, else how the stream does.</summary>
        private string Line(StreamClient client)
        {
            if (client.Problem != null) return client.Problem;
            if (client.Counters.Frames == 0) return "waiting for " + address + ": start \"facelive live\"";
            string phase = client.State == null ? "connected" : client.State.Phase;
            return phase + "   frames " + client.Counters.Frames + "   lost " + client.Counters.Lost + "   age "
                + client.Counters.Age.Summary();
        }
    }
}
