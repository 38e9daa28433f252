using System.Collections.Generic;
using System.Globalization;

namespace FaceLive
{
    public enum JsonKind
    {
        Null,
        Boolean,
        Number,
        Text,
        List,
        Map,
    }

    /// <summary>
    /// One value of a JSON document. Unity ships no reader for documents of unknown shape (JsonUtility wants fixed
    /// classes), and this assembly knows no Unity.
    /// </summary>
    public sealed class JsonValue
    {
        public static readonly JsonValue Null = new JsonValue { Kind = JsonKind.Null };

        public JsonKind Kind { get; private set; }

        /// <summary>A text, or a number exactly as it was written.</summary>
        public string Raw { get; private set; }

        public bool Boolean { get; private set; }

        public IReadOnlyList<JsonValue> Items { get; private set; }

        public IReadOnlyDictionary<string, JsonValue> Members { get; private set; }

        public static JsonValue OfBoolean(bool value) => new JsonValue { Kind = JsonKind.Boolean, Boolean = value };

        public static JsonValue OfText(string value) => new JsonValue { Kind = JsonKind.Text, Raw = value };

        public static JsonValue OfNumber(string raw) => new JsonValue { Kind = JsonKind.Number, Raw = raw };

        public static JsonValue OfNumber(double value) => OfNumber(PythonNumber.Repr(value));

        public static JsonValue OfNumber(long value) => OfNumber(value.ToString(CultureInfo.InvariantCulture));

        public static JsonValue OfList(IReadOnlyList<JsonValue> items) =>
            new JsonValue { Kind = JsonKind.List, Items = items };

        public static JsonValue OfMap(IReadOnlyDictionary<string, JsonValue> members) =>
            new JsonValue { Kind = JsonKind.Map, Members = members };

        /// <summary>A member of a map; null if this is no map or has no such member.</summary>
        public JsonValue this[string name] =>
            Kind == JsonKind.Map && Members.TryGetValue(name, out JsonValue found) ? found : null;

        /// <summary>A finite number.</summary>
        public bool TryNumber(out double value)
        {
            value = 0.0;
            return Kind == JsonKind.Number
                && double.TryParse(Raw, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
                && Bytes.IsFinite(value);
        }

        /// <summary>An integer of 64 bits, written without fraction and exponent.</summary>
        public bool TryInteger(out long value)
        {
            value = 0;
            return Kind == JsonKind.Number
                && long.TryParse(Raw, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
        }

        public bool TryUnsigned32(out uint value)
        {
            value = 0;
            if (!TryInteger(out long whole) || whole < 0 || whole > uint.MaxValue) return false;
            value = (uint)whole;
            return true;
        }

        public bool TryText(out string value)
        {
            value = Kind == JsonKind.Text ? Raw : null;
            return value != null;
        }

        public bool TryBoolean(out bool value)
        {
            value = Boolean;
            return Kind == JsonKind.Boolean;
        }

        /// <summary>16 hexadecimal digits: how the control port writes numbers of 64 bits that name something.</summary>
        public bool TryHex64(out ulong value)
        {
            value = 0;
            return Kind == JsonKind.Text && Raw.Length == 16
                && ulong.TryParse(Raw, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        }
    }
}
