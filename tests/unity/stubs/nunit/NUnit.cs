using System;
using System.Collections;

namespace NUnit.Framework
{
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class TestAttribute : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Method)]
    public sealed class SetUpAttribute : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Method)]
    public sealed class TearDownAttribute : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Method)]
    public sealed class CategoryAttribute : Attribute
    {
        public readonly string Name;

        public CategoryAttribute(string name) => Name = name;
    }

    public sealed class AssertionException : Exception
    {
        public AssertionException(string message)
            : base(message)
        {
        }
    }

    public static class Assert
    {
        public static void IsTrue(bool condition, string message = "")
        {
            if (!condition) throw new AssertionException("expected true: " + message);
        }

        public static void IsFalse(bool condition, string message = "") => IsTrue(!condition, message);

        public static void AreEqual(object expected, object actual, string message = "") =>
            IsTrue(Equals(expected, actual), expected + " != " + actual + " " + message);

        public static void AreEqual(double expected, double actual, double delta, string message = "") =>
            IsTrue(Math.Abs(expected - actual) <= delta, expected + " != " + actual + " " + message);

        public static void Less(double a, double b, string message = "") => IsTrue(a < b, a + " < " + b + " " + message);

        public static void Greater(double a, double b, string message = "") => IsTrue(a > b, a + " > " + b + " " + message);

        public static void IsNotNull(object value, string message = "") => IsTrue(value != null, message);

        public static void IsNull(object value, string message = "") => IsTrue(value == null, message);

        public static void Ignore(string message) => throw new AssertionException("ignored: " + message);
    }
}

namespace UnityEngine.TestTools
{
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class UnityTestAttribute : Attribute
    {
    }

    public static class LogAssert
    {
        public static bool ignoreFailingMessages { get; set; }
    }

    public sealed class EnterPlayMode
    {
        public EnterPlayMode(bool expectDomainReload = true)
        {
        }
    }

    public sealed class ExitPlayMode
    {
    }
}
