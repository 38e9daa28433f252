using System;
using System.Collections.Generic;
using System.IO;

namespace FaceLive.Editor
{
    /// <summary>Parameters by name as JSON: what "facelive render --params" reads, and a line of "facelive encode".</summary>
    public static class ParameterFile
    {
        public static string Write(Schema schema, IReadOnlyList<float> values)
        {
            var members = new Dictionary<string, JsonValue>();
            for (int i = 0; i < values.Count; i++)
                members[schema.Parameters[i].Name] = JsonValue.OfNumber(Math.Round(values[i], 6));
            return JsonWriter.Write(JsonValue.OfMap(members)) + "\n";
        }

        /// <summary>What the file leaves out stays neutral. Throws FormatException if it is no such file.</summary>
        public static void Read(string path, CharacterState state)
        {
            if (!JsonReader.TryRead(File.ReadAllText(path), out JsonValue document) || document.Kind != JsonKind.Map)
                throw new FormatException(path + " is no JSON object");
            JsonValue named = document["parameters"] ?? document;
            if (named.Kind != JsonKind.Map) throw new FormatException(path + " holds no parameters by name");
            float[] values = state.Schema.Neutral();
            foreach (KeyValuePair<string, JsonValue> pair in named.Members)
            {
                int at = state.Schema.IndexOf(pair.Key);
                if (at < 0) continue;
                if (!pair.Value.TryNumber(out double value)) throw new FormatException(pair.Key + " is no number");
                values[at] = (float)value;
            }
            state.values = values;
            state.Show();
        }
    }
}
