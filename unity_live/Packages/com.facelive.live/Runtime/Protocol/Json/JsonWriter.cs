using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace FaceLive
{
    /// <summary>Writes JSON as Python's json.dumps does with separators (",", ":"): only ASCII.</summary>
    public static class JsonWriter
    {
        /// <summary>sorted: members by name, as the canonical form of a schema wants it.</summary>
        public static string Write(JsonValue value, bool sorted = false)
        {
            var text = new StringBuilder();
            Value(value, sorted, text);
            return text.ToString();
        }

        private static void Value(JsonValue value, bool sorted, StringBuilder text)
        {
            switch (value.Kind)
            {
                case JsonKind.Boolean:
                    text.Append(value.Boolean ? "true" : "false");
                    break;
                case JsonKind.Number:
                    text.Append(value.Raw);
                    break;
                case JsonKind.Text:
                    Text(value.Raw, text);
                    break;
                case JsonKind.List:
                    for (int i = 0; i < value.Items.Count; i++)
                    {
                        text.Append(i == 0 ? '[' : ',');
                        Value(value.Items[i], sorted, text);
                    }
                    text.Append(value.Items.Count == 0 ? "[]" : "]");
                    break;
                case JsonKind.Map:
                    Map(value, sorted, text);
                    break;
                default:
                    text.Append("null");
                    break;
            }
        }

        private static void Map(JsonValue value, bool sorted, StringBuilder text)
        {
            var names = new List<string>(value.Members.Keys);
            if (sorted) names.Sort(string.CompareOrdinal);
            text.Append('{');
            for (int i = 0; i < names.Count; i++)
            {
                if (i > 0) text.Append(',');
                Text(names[i], text);
                text.Append(':');
                Value(value.Members[names[i]], sorted, text);
            }
            text.Append('}');
        }

        private static void Text(string raw, StringBuilder text)
        {
            text.Append('"');
            foreach (char c in raw)
            {
                switch (c)
                {
                    case '"': text.Append("\\\""); break;
                    case '\\': text.Append("\\\\"); break;
                    case '\n': text.Append("\\n"); break;
                    case '\r': text.Append("\\r"); break;
                    case '\t': text.Append("\\t"); break;
                    case '\b': text.Append("\\b"); break;
                    case '\f': text.Append("\\f"); break;
                    default:
                        if (c >= ' ' && c < 127) text.Append(c);
                        else text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                        break;
                }
            }
            text.Append('"');
        }
    }
}
