using System;
using System.Collections.Generic;

namespace FaceLive
{
    /// <summary>The ordered parameters of a rig. Nothing else knows how many there are.</summary>
    public sealed class Schema
    {
        private readonly Dictionary<string, int> index = new Dictionary<string, int>();
        private readonly Dictionary<string, int> expressionIndex = new Dictionary<string, int>();
        private readonly Dictionary<string, int> avatarIndex = new Dictionary<string, int>();

        /// <summary>Throws FormatException on repeated names, or when the columns of a style or colour are no neighbours.</summary>
        public Schema(string name, IReadOnlyList<Parameter> parameters)
        {
            if (parameters.Count == 0) throw new FormatException("schema " + name + " has no parameters");
            Name = name;
            Parameters = parameters;
            var expression = new List<string>();
            var avatar = new List<string>();
            for (int i = 0; i < parameters.Count; i++)
            {
                Parameter parameter = parameters[i];
                if (index.ContainsKey(parameter.Name))
                    throw new FormatException("schema " + name + " repeats " + parameter.Name);
                index[parameter.Name] = i;
                if (parameter.Group == ParameterGroup.Expression)
                {
                    expressionIndex[parameter.Name] = expression.Count;
                    expression.Add(parameter.Name);
                }
                else if (parameter.Group != ParameterGroup.Pose)
                {
                    avatarIndex[parameter.Name] = avatar.Count;
                    avatar.Add(parameter.Name);
                }
            }
            ExpressionNames = expression;
            AvatarNames = avatar;
            Styles = Members(ParameterKind.Style);
            Colours = Members(ParameterKind.Colour);
            Hash = SchemaJson.HashOf(this);
        }

        public string Name { get; }

        public IReadOnlyList<Parameter> Parameters { get; }

        /// <summary>The same 64 bits as Schema.hash of the Python side.</summary>
        public ulong Hash { get; }

        /// <summary>The parameters that a frame carries, in order.</summary>
        public IReadOnlyList<string> ExpressionNames { get; }

        /// <summary>The parameters of identity, style and colour that an avatar message carries, in order.</summary>
        public IReadOnlyList<string> AvatarNames { get; }

        public IReadOnlyList<Member> Styles { get; }

        public IReadOnlyList<Member> Colours { get; }

        /// <summary>Position in the whole vector; -1 if there is no such parameter.</summary>
        public int IndexOf(string name) => index.TryGetValue(name, out int found) ? found : -1;

        /// <summary>Position in a face's weights; -1 if it is no expression of this rig.</summary>
        public int ExpressionIndex(string name) => expressionIndex.TryGetValue(name, out int found) ? found : -1;

        /// <summary>Position in an avatar's values; -1 if it is no part of the avatar.</summary>
        public int AvatarIndex(string name) => avatarIndex.TryGetValue(name, out int found) ? found : -1;

        /// <summary>A fresh vector of neutral values.</summary>
        public float[] Neutral()
        {
            var values = new float[Parameters.Count];
            for (int i = 0; i < values.Length; i++) values[i] = (float)Parameters[i].Neutral;
            return values;
        }

        private List<Member> Members(ParameterKind kind)
        {
            var found = new List<Member>();
            for (int i = 0; i < Parameters.Count; i++)
            {
                Parameter parameter = Parameters[i];
                if (parameter.Kind != kind) continue;
                Member last = found.Count > 0 ? found[found.Count - 1] : null;
                if (last != null && last.Name == parameter.MemberOf && last.Start + last.Count == i)
                {
                    last.Count++;
                    continue;
                }
                foreach (Member other in found)
                {
                    if (other.Name == parameter.MemberOf)
                        throw new FormatException("the columns of " + other.Name + " must stand side by side");
                }
                found.Add(new Member(parameter.MemberOf, i));
            }
            return found;
        }

        /// <summary>A style or colour, and where its columns or channels lie in the vector.</summary>
        public sealed class Member
        {
            public readonly string Name;
            public readonly int Start;

            internal Member(string name, int start)
            {
                Name = name;
                Start = start;
                Count = 1;
            }

            public int Count { get; internal set; }
        }
    }
}
