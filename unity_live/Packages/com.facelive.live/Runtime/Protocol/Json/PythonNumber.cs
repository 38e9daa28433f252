using System.Globalization;

namespace FaceLive
{
    /// <summary>
    /// Numbers as Python writes them (repr): the shortest digits that read back as the same double. The hash of a schema
    /// is taken over such text, so both sides must write the same.
    /// </summary>
    public static class PythonNumber
    {
        public static string Repr(double value)
        {
            if (value == 0.0) return 1.0 / value < 0.0 ? "-0.0" : "0.0";
            Shortest(value, out bool negative, out string digits, out int point);
            string text;
            // Python writes exponents from 1e16 up and below 1e-4.
            if (point > 16 || point < -3)
            {
                int exponent = point - 1;
                string tail = digits.Length > 1 ? "." + digits.Substring(1) : "";
                string sign = exponent < 0 ? "-" : "+";
                int size = exponent < 0 ? -exponent : exponent;
                text = digits[0] + tail + "e" + sign + size.ToString("00", CultureInfo.InvariantCulture);
            }
            else if (point <= 0)
            {
                text = "0." + new string('0', -point) + digits;
            }
            else if (point >= digits.Length)
            {
                text = digits + new string('0', point - digits.Length) + ".0";
            }
            else
            {
                text = digits.Substring(0, point) + "." + digits.Substring(point);
            }
            return negative ? "-" + text : text;
        }

        /// <summary>value = 0.digits * 10^point.</summary>
        private static void Shortest(double value, out bool negative, out string digits, out int point)
        {
            string text = null;
            for (int precision = 14; precision <= 16; precision++)
            {
                text = value.ToString("e" + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
                if (double.Parse(text, CultureInfo.InvariantCulture) == value) break;
            }
            negative = text[0] == '-';
            int start = negative ? 1 : 0;
            int e = text.IndexOf('e');
            digits = (text[start] + text.Substring(start + 2, e - start - 2)).TrimEnd('0');
            point = int.Parse(text.Substring(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) + 1;
        }
    }
}
