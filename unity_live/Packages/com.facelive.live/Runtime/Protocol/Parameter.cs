using System;

namespace FaceLive
{
    /// <summary>Which part of a character a parameter belongs to.</summary>
    public enum ParameterGroup
    {
        Identity,
        Style,
        Colour,
        Expression,
        Pose,
    }

    /// <summary>Continuous, one column of a one-hot style, or one sRGB channel of a colour.</summary>
    public enum ParameterKind
    {
        Continuous,
        Style,
        Colour,
    }

    /// <summary>One named number of a character.</summary>
    public sealed class Parameter
    {
        public readonly string Name;
        public readonly ParameterGroup Group;
        public readonly ParameterKind Kind;
        public readonly double Minimum;
        public readonly double Maximum;

        /// <summary>The value at rest.</summary>
        public readonly double Neutral;

        public readonly string Unit;

        /// <summary>For styles and colours: the name of the style or colour.</summary>
        public readonly string MemberOf;

        // As the document wrote them: Python keeps 1 and 1.0 apart, and the hash of a schema is taken over the text.
        internal string MinimumText;
        internal string MaximumText;
        internal string NeutralText;

        public Parameter(
            string name, ParameterGroup group, ParameterKind kind = ParameterKind.Continuous, double minimum = 0.0,
            double maximum = 1.0, double neutral = 0.0, string unit = "", string memberOf = "")
        {
            if (string.IsNullOrEmpty(name)) throw new FormatException("a parameter needs a name");
            bool finite = Bytes.IsFinite(minimum) && Bytes.IsFinite(maximum) && Bytes.IsFinite(neutral);
            if (!finite || !(minimum <= neutral && neutral <= maximum) || minimum == maximum)
                throw new FormatException(name + ": needs minimum <= neutral <= maximum and a range");
            if ((kind != ParameterKind.Continuous) != (memberOf.Length > 0))
                throw new FormatException(name + ": styles and colours, and only they, name what they are a member of");
            Name = name;
            Group = group;
            Kind = kind;
            Minimum = minimum;
            Maximum = maximum;
            Neutral = neutral;
            Unit = unit;
            MemberOf = memberOf;
            MinimumText = PythonNumber.Repr(minimum);
            MaximumText = PythonNumber.Repr(maximum);
            NeutralText = PythonNumber.Repr(neutral);
        }
    }
}
