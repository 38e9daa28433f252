using System.Collections.Generic;
using System.Text;

namespace FaceLive
{
    /// <summary>
    /// Strict JSON (RFC 8259) from bytes of any origin. Throws nothing; nesting and the number of values are bounded, so
    /// that a hostile document costs no more than a large honest one.
    /// </summary>
    public sealed class JsonReader
    {
        private const int MaximumDepth = 32;
        private const int MaximumValues = 1 << 17;
        private static readonly UTF8Encoding StrictUtf8 = new UTF8Encoding(false, true);

        private readonly string text;
        private int at;
        private int depth;
        private int values;

        private JsonReader(string text) => this.text = text;

        /// <summary>False if the bytes are no JSON document.</summary>
        public static bool TryRead(byte[] data, int start, int length, out JsonValue value)
        {
            value = null;
            string text;
            try
            {
                text = StrictUtf8.GetString(data, start, length);
            }
            catch (DecoderFallbackException)
            {
                return false;
            }
            return TryRead(text, out value);
        }

        public static bool TryRead(string text, out JsonValue value)
        {
            var reader = new JsonReader(text);
            if (!reader.Value(out value)) return false;
            reader.Space();
            return reader.at == text.Length;
        }

        private bool Value(out JsonValue value)
        {
            value = null;
            Space();
            if (at >= text.Length || ++values > MaximumValues) return false;
            switch (text[at])
            {
                case '{': return Nested(out value, true);
                case '[': return Nested(out value, false);
                case '"':
                    if (!Text(out string found)) return false;
                    value = JsonValue.OfText(found);
                    return true;
                case 't':
                    value = JsonValue.OfBoolean(true);
                    return Word("true");
                case 'f':
                    value = JsonValue.OfBoolean(false);
                    return Word("false");
                case 'n':
                    value = JsonValue.Null;
                    return Word("null");
                default: return Number(out value);
            }
        }

        private bool Nested(out JsonValue value, bool map)
        {
            value = null;
            if (++depth > MaximumDepth) return false;
            bool read = map ? Map(out value) : List(out value);
            depth--;
            return read;
        }

        private bool Map(out JsonValue value)
        {
            var members = new Dictionary<string, JsonValue>();
            value = JsonValue.OfMap(members);
            at++;
            Space();
            if (Take('}')) return true;
            while (true)
            {
                Space();
                if (!Text(out string name)) return false;
                Space();
                if (!Take(':') || !Value(out JsonValue member)) return false;
                members[name] = member;
                Space();
                if (Take('}')) return true;
                if (!Take(',')) return false;
            }
        }

        private bool List(out JsonValue value)
        {
            var items = new List<JsonValue>();
            value = JsonValue.OfList(items);
            at++;
            Space();
            if (Take(']')) return true;
            while (true)
            {
                if (!Value(out JsonValue item)) return false;
                items.Add(item);
                Space();
                if (Take(']')) return true;
                if (!Take(',')) return false;
            }
        }

        private bool Text(out string found)
        {
            found = null;
            if (!Take('"')) return false;
            int start = at;
            while (at < text.Length && text[at] != '"' && text[at] != '\\' && text[at] >= ' ') at++;
            if (at < text.Length && text[at] == '"')
            {
                found = text.Substring(start, at++ - start);
                return true;
            }
            var built = new StringBuilder(text, start, at - start, 64);
            while (at < text.Length)
            {
                char c = text[at++];
                if (c == '"')
                {
                    found = built.ToString();
                    return true;
                }
                if (c < ' ' || (c == '\\' && !Escape(out c))) return false;
                built.Append(c);
            }
            return false;
        }

        private bool Escape(out char c)
        {
            c = '\0';
            if (at >= text.Length) return false;
            switch (text[at++])
            {
                case '"': c = '"'; return true;
                case '\\': c = '\\'; return true;
                case '/': c = '/'; return true;
                case 'b': c = '\b'; return true;
                case 'f': c = '\f'; return true;
                case 'n': c = '\n'; return true;
                case 'r': c = '\r'; return true;
                case 't': c = '\t'; return true;
                case 'u': return Hex(out c);
                default: return false;
            }
        }

        private bool Hex(out char c)
        {
            int code = 0;
            c = '\0';
            if (at + 4 > text.Length) return false;
            for (int i = 0; i < 4; i++)
            {
                char digit = text[at++];
                int value = digit >= '0' && digit <= '9' ? digit - '0'
                    : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                    : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
                if (value < 0) return false;
                code = code * 16 + value;
            }
            c = (char)code;
            return true;
        }

        private bool Number(out JsonValue value)
        {
            value = null;
            int start = at;
            Take('-');
            if (!Take('0') && !Digits()) return false;
            if (Take('.') && !Digits()) return false;
            if (Take('e') || Take('E'))
            {
                if (!Take('+')) Take('-');
                if (!Digits()) return false;
            }
            if (at - start > 64) return false;
            value = JsonValue.OfNumber(text.Substring(start, at - start));
            return true;
        }

        private bool Digits()
        {
            int start = at;
            while (at < text.Length && text[at] >= '0' && text[at] <= '9') at++;
            return at > start;
        }

        private bool Word(string word)
        {
            if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0) return false;
            at += word.Length;
            return true;
        }

        private bool Take(char c)
        {
            if (at >= text.Length || text[at] != c) return false;
            at++;
            return true;
        }

        private void Space()
        {
            while (at < text.Length && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) at++;
        }
    }
}
