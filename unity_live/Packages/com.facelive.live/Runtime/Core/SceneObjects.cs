using UnityEngine;

namespace FaceLive
{
    /// <summary>Looks objects up in the scenes that are open; Unity renamed the call in 2023.1.</summary>
    public static class SceneObjects
    {
        /// <summary>Any object of a kind that is active; null if there is none.</summary>
        public static T Any<T>() where T : Object
        {
#if UNITY_2023_1_OR_NEWER
            return Object.FindAnyObjectByType<T>();
#else
            return Object.FindObjectOfType<T>();
#endif
        }
    }
}
