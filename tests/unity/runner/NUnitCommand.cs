using System;
using System.Collections.Generic;
using System.Reflection;
using NUnit.Framework;

namespace FaceLive.Tests
{
    /// <summary>nunit RESOURCES: runs the package's own tests (all but the UnityTests) against the stubs.</summary>
    internal static class NUnitCommand
    {
        public static int Run(string[] args)
        {
            UnityEngine.Resources.Folder = args[0];
            var passed = new List<string>();
            var failed = new List<string>();
            var onlyUnity = new List<string>();
            foreach (string assembly in new[] { "FaceLive.Tests.Editor", "FaceLive.Tests.Runtime" })
            foreach (Type type in Assembly.Load(assembly).GetTypes())
            foreach (MethodInfo method in type.GetMethods())
            {
                string name = type.Name + "." + method.Name;
                bool unity = method.GetCustomAttribute<UnityEngine.TestTools.UnityTestAttribute>() != null;
                if (unity || method.GetCustomAttribute<CategoryAttribute>()?.Name == "OnlyUnity") onlyUnity.Add(name);
                if (unity || method.GetCustomAttribute<TestAttribute>() == null || onlyUnity.Contains(name)) continue;
                object instance = Activator.CreateInstance(type);
                try
                {
                    Call<SetUpAttribute>(instance);
                    method.Invoke(instance, null);
                    Call<TearDownAttribute>(instance);
                    passed.Add(name);
                }
                catch (TargetInvocationException error)
                {
                    failed.Add(name + ": " + error.InnerException);
                }
            }
            Json.Line("passed", passed, "failed", failed, "only_unity", onlyUnity);
            return 0;
        }

        private static void Call<T>(object instance) where T : Attribute
        {
            foreach (MethodInfo method in instance.GetType().GetMethods())
                if (method.GetCustomAttribute<T>() != null) method.Invoke(instance, null);
        }
    }
}
