using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Text;

namespace FaceLive
{
    /// <summary>A schema as the JSON that the Python side reads and writes (rig/facelive/rig/schema.py).</summary>
    public static class SchemaJson
    {
        private const string Format = "facelive-schema";
        private const long FormatVersion = 1;
        private static readonly HashSet<string> Known = new HashSet<string>
        {
            "name", "group", "kind", "minimum", "maximum", "neutral", "unit", "member_of",
        };

        /// <summary>One line of JSON; Python reads it and computes the same hash.</summary>
        public static string Write(Schema schema) => JsonWriter.Write(ToJson(schema));

        /// <summary>The schema of a document; null, and the reason, if it is none.</summary>
        public static Schema Read(JsonValue document, out string problem)
        {
            problem = "";
            try
            {
                return Parse(document);
            }
            catch (FormatException error)
            {
                problem = error.Message;
                return null;
            }
        }

        public static Schema Read(string text, out string problem)
        {
            problem = "not JSON";
            return JsonReader.TryRead(text, out JsonValue document) ? Read(document, out problem) : null;
        }

        internal static ulong HashOf(Schema schema)
        {
            byte[] canonical = Encoding.ASCII.GetBytes(JsonWriter.Write(ToJson(schema), sorted: true));
            using (SHA256 sha = SHA256.Create()) return Bytes.U64(sha.ComputeHash(canonical), 0);
        }

        private static JsonValue ToJson(Schema schema)
        {
            var rows = new List<JsonValue>();
            foreach (Parameter parameter in schema.Parameters)
            {
                var row = new Dictionary<string, JsonValue>
                {
                    ["name"] = JsonValue.OfText(parameter.Name),
                    ["group"] = JsonValue.OfText(parameter.Group.ToString().ToLowerInvariant()),
                };
                if (parameter.Kind != ParameterKind.Continuous)
                    row["kind"] = JsonValue.OfText(parameter.Kind.ToString().ToLowerInvariant());
                if (parameter.Minimum != 0.0) row["minimum"] = JsonValue.OfNumber(parameter.MinimumText);
                if (parameter.Maximum != 1.0) row["maximum"] = JsonValue.OfNumber(parameter.MaximumText);
                if (parameter.Neutral != 0.0) row["neutral"] = JsonValue.OfNumber(parameter.NeutralText);
                if (parameter.Unit.Length > 0) row["unit"] = JsonValue.OfText(parameter.Unit);
                if (parameter.MemberOf.Length > 0) row["member_of"] = JsonValue.OfText(parameter.MemberOf);
                rows.Add(JsonValue.OfMap(row));
            }
            return JsonValue.OfMap(new Dictionary<string, JsonValue>
            {
                ["format"] = JsonValue.OfText(Format),
                ["version"] = JsonValue.OfNumber(FormatVersion),
                ["name"] = JsonValue.OfText(schema.Name),
                ["parameters"] = JsonValue.OfList(rows),
            });
        }

        private static Schema Parse(JsonValue document)
        {
            if (document["format"] == null || !document["format"].TryText(out string format) || format != Format)
                throw new FormatException("not a schema");
            if (document["version"] == null || !document["version"].TryInteger(out long version)
                || version != FormatVersion) throw new FormatException("another version of the schema format");
            JsonValue rows = document["parameters"];
            if (rows == null || rows.Kind != JsonKind.List) throw new FormatException("a schema has a list 'parameters'");
            var parameters = new List<Parameter>();
            foreach (JsonValue row in rows.Items) parameters.Add(ParseRow(row));
            return new Schema(Text(document, "name", ""), parameters);
        }

        private static Parameter ParseRow(JsonValue row)
        {
            if (row.Kind != JsonKind.Map) throw new FormatException("a parameter is a JSON object");
            foreach (string name in row.Members.Keys)
                if (!Known.Contains(name)) throw new FormatException("a parameter has no field " + name);
            var parameter = new Parameter(
                Text(row, "name", ""),
                Choice<ParameterGroup>(Text(row, "group", "")),
                Choice<ParameterKind>(Text(row, "kind", "continuous")),
                Number(row, "minimum", 0.0),
                Number(row, "maximum", 1.0),
                Number(row, "neutral", 0.0),
                Text(row, "unit", ""),
                Text(row, "member_of", ""));
            parameter.MinimumText = NumberText(row["minimum"], parameter.MinimumText);
            parameter.MaximumText = NumberText(row["maximum"], parameter.MaximumText);
            parameter.NeutralText = NumberText(row["neutral"], parameter.NeutralText);
            return parameter;
        }

        private static string NumberText(JsonValue written, string fallback) =>
            written != null && written.TryInteger(out long whole) ? JsonValue.OfNumber(whole).Raw : fallback;

        private static T Choice<T>(string text) where T : struct
        {
            foreach (object value in Enum.GetValues(typeof(T)))
                if (value.ToString().ToLowerInvariant() == text) return (T)value;
            throw new FormatException("unknown group or kind " + text);
        }

        private static string Text(JsonValue row, string name, string fallback)
        {
            JsonValue found = row[name];
            if (found == null) return fallback;
            if (!found.TryText(out string text)) throw new FormatException("'" + name + "' is no text");
            return text;
        }

        private static double Number(JsonValue row, string name, double fallback)
        {
            JsonValue found = row[name];
            if (found == null) return fallback;
            if (!found.TryNumber(out double value)) throw new FormatException("'" + name + "' is no number");
            return value;
        }
    }
}
