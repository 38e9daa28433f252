using System;
using System.Collections.Generic;
using System.Reflection;

namespace UnityEngine
{
    [Flags]
    public enum HideFlags
    {
        None = 0,
        HideAndDontSave = 61,
        DontSave = 52,
    }

    public class Object
    {
        public static readonly List<Object> All = new List<Object>();
        private bool destroyed;

        public string name { get; set; } = "";

        public HideFlags hideFlags { get; set; }

        public static void Destroy(Object gone) => DestroyImmediate(gone);

        public static void DestroyImmediate(Object gone)
        {
            if (gone == null) return;
            if (gone is GameObject game)
                foreach (Component part in game.Parts.ToArray()) DestroyImmediate(part);
            if (gone is MonoBehaviour behaviour && behaviour.enabled) behaviour.Message("OnDisable");
            gone.destroyed = true;
            All.Remove(gone);
        }

        public static T FindObjectOfType<T>() where T : Object
        {
            foreach (Object found in All)
                if (found is T wanted) return wanted;
            return null;
        }

        public static T FindAnyObjectByType<T>() where T : Object => FindObjectOfType<T>();

        public static T[] FindObjectsOfType<T>() where T : Object
        {
            var all = new List<T>();
            foreach (Object found in All)
                if (found is T wanted) all.Add(wanted);
            return all.ToArray();
        }

        public static bool operator ==(Object a, Object b)
        {
            bool noA = ReferenceEquals(a, null) || a.destroyed, noB = ReferenceEquals(b, null) || b.destroyed;
            return noA || noB ? noA && noB : ReferenceEquals(a, b);
        }

        public static bool operator !=(Object a, Object b) => !(a == b);

        public static implicit operator bool(Object o) => o != null;

        public override bool Equals(object other) => other is Object o && this == o;

        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
    }

    public class ScriptableObject : Object
    {
        public static T CreateInstance<T>() where T : ScriptableObject, new() => new T();
    }

    public class Component : Object
    {
        public GameObject gameObject { get; internal set; }

        public string tag { get; set; }

        public Transform transform => gameObject.transform;

        public T GetComponent<T>() => gameObject.GetComponent<T>();

        public T[] GetComponentsInChildren<T>(bool includeInactive = false) => gameObject.GetComponentsInChildren<T>(includeInactive);

        public T GetComponentInChildren<T>(bool includeInactive = false) => gameObject.GetComponentInChildren<T>(includeInactive);
    }

    public class Behaviour : Component
    {
        private bool on = true;

        public bool enabled
        {
            get => on;
            set
            {
                if (on == value) return;
                on = value;
                Message(value ? "OnEnable" : "OnDisable");
            }
        }

        public bool isActiveAndEnabled => on;

        private readonly Dictionary<string, Action> messages = new Dictionary<string, Action>();

        /// <summary>What the engine does: calls a private method by its name. It looks the name up once, as the engine does.</summary>
        public void Message(string method)
        {
            if (!messages.TryGetValue(method, out Action call))
            {
                MethodInfo found = GetType().GetMethod(method, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
                call = found == null ? null : (Action)Delegate.CreateDelegate(typeof(Action), this, found);
                messages[method] = call;
            }
            call?.Invoke();
        }
    }

    public class MonoBehaviour : Behaviour
    {
    }

    public sealed class GameObject : Object
    {
        internal readonly List<Component> Parts = new List<Component>();

        public GameObject(string name = "")
        {
            this.name = name;
            transform = new Transform { gameObject = this };
            Parts.Add(transform);
            All.Add(this);
        }

        public Transform transform { get; }

        public string tag { get; set; }

        public static GameObject CreatePrimitive(PrimitiveType type) => new GameObject(type.ToString());

        public bool activeSelf { get; private set; } = true;

        public void SetActive(bool active) => activeSelf = active;

        /// <summary>A behaviour is made asleep here: the tests set its fields first and wake it by enabling.</summary>
        public T AddComponent<T>() where T : Component, new()
        {
            var part = new T { gameObject = this };
            Parts.Add(part);
            All.Add(part);
            if (part is Behaviour behaviour) behaviour.Message("Awake");
            return part;
        }

        public T GetComponent<T>()
        {
            foreach (Component part in Parts)
                if (part is T wanted) return wanted;
            return default;
        }

        public T[] GetComponentsInChildren<T>(bool includeInactive = false)
        {
            var all = new List<T>();
            Collect(transform, all);
            return all.ToArray();
        }

        public T GetComponentInChildren<T>(bool includeInactive = false)
        {
            T[] all = GetComponentsInChildren<T>(includeInactive);
            return all.Length > 0 ? all[0] : default;
        }

        private static void Collect<T>(Transform at, List<T> all)
        {
            foreach (Component part in at.gameObject.Parts)
                if (part is T wanted) all.Add(wanted);
            foreach (Transform child in at.Children) Collect(child, all);
        }
    }

    public enum PrimitiveType
    {
        Sphere,
        Capsule,
        Cylinder,
        Cube,
    }

    public sealed class Transform : Component
    {
        internal readonly List<Transform> Children = new List<Transform>();

        public Transform parent { get; private set; }

        public Vector3 localPosition { get; set; }

        public Quaternion localRotation { get; set; } = Quaternion.identity;

        public Vector3 localScale { get; set; } = Vector3.one;

        public Matrix4x4 worldToLocalMatrix => default;

        public Matrix4x4 localToWorldMatrix => default;

        public Vector3 localEulerAngles { get; set; }

        public int childCount => Children.Count;

        public new string name
        {
            get => gameObject.name;
            set => gameObject.name = value;
        }

        public Quaternion rotation
        {
            get => parent == null ? localRotation : parent.rotation * localRotation;
            set => localRotation = parent == null ? value : Quaternion.Inverse(parent.rotation) * value;
        }

        public Vector3 position
        {
            get => parent == null ? localPosition : parent.position + parent.rotation * localPosition;
            set => localPosition = parent == null ? value : Quaternion.Inverse(parent.rotation) * (value - parent.position);
        }

        public Transform GetChild(int index) => Children[index];

        public void SetParent(Transform next, bool worldPositionStays = true)
        {
            parent?.Children.Remove(this);
            parent = next;
            next?.Children.Add(this);
        }

        public Transform Find(string path)
        {
            int slash = path.IndexOf('/');
            string first = slash < 0 ? path : path.Substring(0, slash);
            foreach (Transform child in Children)
                if (child.name == first) return slash < 0 ? child : child.Find(path.Substring(slash + 1));
            return null;
        }
    }

    public enum HumanBodyBones
    {
        Neck = 9,
        Head = 10,
        LeftEye = 21,
        RightEye = 22,
    }

    public sealed class Animator : Behaviour
    {
        public bool isHuman => false;

        public Transform GetBoneTransform(HumanBodyBones bone) => null;
    }
}
