using System;
using System.Collections.Generic;
using System.Globalization;

namespace FaceLive.Tests
{
    /// <summary>One JSON object per line, for the Python side of the tests.</summary>
    internal static class Json
    {
        public static void Line(params object[] namesAndValues)
        {
            var words = new List<string>();
            for (int i = 0; i < namesAndValues.Length; i += 2)
                words.Add("\"" + namesAndValues[i] + "\":" + Value(namesAndValues[i + 1]));
            Console.Out.WriteLine("{" + string.Join(",", words) + "}");
            Console.Out.Flush();
        }

        private static string Value(object value)
        {
            if (value == null) return "null";
            if (value is bool) return (bool)value ? "true" : "false";
            var text = value as string;
            if (text != null) return JsonWriter.Write(JsonValue.OfText(text));
            var number = value as IFormattable;
            if (number != null) return number.ToString(null, CultureInfo.InvariantCulture);
            var words = new List<string>();
            foreach (object item in (System.Collections.IEnumerable)value) words.Add(Value(item));
            return "[" + string.Join(",", words) + "]";
        }
    }
}
