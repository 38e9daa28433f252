using System;
using System.Collections.Generic;

namespace FaceLive
{
    /// <summary>Looks at every size and every index of a head file, so that nothing that uses it can run out of an array.</summary>
    internal static class HeadFileCheck
    {
        private const int MaximumNames = 1024;

        /// <summary>Throws FormatException at the first thing that does not fit.</summary>
        public static void Check(HeadFile file)
        {
            int v = Rows(file, "mean", 3), f = file.FineCount;
            if (v < 1 || f < 1) throw new FormatException("the head has no vertices");
            Parameters(file, v);
            Sparse(file, "stencil", f, v, 1);
            int t = Rows(file, "triangles", 3), u = Rows(file, "uv", 2);
            Indices(file, "triangles", f);
            Length(file, "uv_triangles", 3 * t);
            Indices(file, "uv_triangles", u);
            Length(file, "surface", t);
            Indices(file, "surface", file.Names("surfaces").Length);
            Length(file, "head_weight", f);
            Indices(file, "eyeballs", v);
            Indices(file, "eye_anchors", v);
            if (Rows(file, "eye_anchors", 2) < 1) throw new FormatException("the head has no eyes");
            Hair(file, f);
            Glasses(file, f);
            Paint(file);
        }

        private static void Parameters(HeadFile file, int v)
        {
            string[] macros = file.Names("macros"), sliders = file.Names("sliders"), expressions = file.Names("expressions");
            if (macros.Length != 6 || file.Names("corners").Length != MacroWeights.Corners || sliders.Length > MaximumNames
                || expressions.Length > MaximumNames || file.Numbers("slider_zero").Length != sliders.Length)
                throw new FormatException("the head has other macros or sliders");
            foreach (float zero in file.Numbers("slider_zero"))
                if (!(zero >= 0f && zero < 1f)) throw new FormatException("the head's slider_zero is out of range");
            foreach (string[] names in new[] { macros, sliders })
                foreach (string name in names)
                    if (file.Schema.AvatarIndex(name) < 0) throw new FormatException("the head's schema lacks " + name);
            foreach (string name in expressions)
                if (file.Schema.ExpressionIndex(name) < 0) throw new FormatException("the head's schema lacks " + name);
            Length(file, "macro", MacroWeights.Corners * 3 * v);
            Sparse(file, "morph", 2 * sliders.Length + expressions.Length, v, 3);
        }

        private static void Hair(HeadFile file, int f)
        {
            if (file.Numbers("hair_uv_step").Length != 2) throw new FormatException("the head's hair_uv_step has no two numbers");
            foreach (string style in file.Names("hair"))
            {
                string name = "hair/" + style + "/";
                int h = Rows(file, name + "offset", 3);
                Rows(file, name + "triangles", 3);
                Indices(file, name + "triangles", h);
                Length(file, name + "uv", 2 * h);
                Length(file, name + "normals", 3 * h);
                foreach (string one in new[] { "opacity", "guard", "least", "follow" }) Length(file, name + one, h);
                int carriers = Rows(file, name + "carrier", Math.Max(h, 1));
                Length(file, name + "weight", h * carriers);
                Indices(file, name + "carrier", f);
                Indices(file, name + "guard", f);
            }
            foreach (string kind in new[] { "straight", "curled" })
            {
                int[] shape = file.Shape("strands/" + kind);
                if (shape.Length != 3 || shape[0] < 1 || shape[1] < 1 || shape[2] != 2)
                    throw new FormatException("the head's strands have an odd shape");
            }
        }

        private static void Glasses(HeadFile file, int f)
        {
            foreach (string name in new[] { "face", "bridge", "arms" }) Indices(file, "glasses/" + name, f);
            if (file["glasses/face"].Length < 1 || file["glasses/bridge"].Length < 1)
                throw new FormatException("the head has no place for glasses");
            Length(file, "glasses/arms", 2 * GlassesFit.ArmPlaces * GlassesFit.Beside);
            foreach (JsonValue design in file.List("glasses"))
            {
                var read = new GlassesDesign(design);
                if (Rows(file, "glasses/" + read.Name + "/outline", 2) < 3)
                    throw new FormatException("the head's glasses have no outline");
            }
        }

        private static void Paint(HeadFile file)
        {
            int size = file.Whole("texture", 4096), tint = file.Whole("tint_side", size);
            file.Whole("tint_one", 255);
            Length(file, "tint", 3 * tint * tint);
            int[] lashes = file.Shape("lashes");
            if (lashes.Length != 2 || lashes[0] < 1 || lashes[1] < 1) throw new FormatException("the head's lashes are no picture");
            foreach (JsonValue row in file.List("masks"))
            {
                var mask = new PaintMask(file, row);
                if (mask.X < 0 || mask.Y < 0 || mask.X + mask.Width > size || mask.Y + mask.Height > size)
                    throw new FormatException("the head's mask " + mask.Name + " does not fit the texture");
            }
        }

        /// <summary>Rows of a table; its length must be a multiple of the columns.</summary>
        private static int Rows(HeadFile file, string name, int columns)
        {
            int length = file[name].Length;
            if (length % columns != 0) throw new FormatException("the head's " + name + " has an odd length");
            return length / columns;
        }

        private static void Length(HeadFile file, string name, long length)
        {
            if (file[name].Length != length) throw new FormatException("the head's " + name + " has an odd length");
        }

        private static void Indices(HeadFile file, string name, int limit)
        {
            foreach (float index in file[name])
                if (index < 0f || index >= limit) throw new FormatException("the head's " + name + " points outside");
        }

        /// <summary>Rows of a sparse matrix: starts, columns, and so many values per column.</summary>
        private static void Sparse(HeadFile file, string name, int rows, int columns, int values)
        {
            float[] starts = file[name + "_indptr"];
            int count = file[name + "_index"].Length;
            Length(file, name + "_indptr", rows + 1);
            if (starts[0] != 0f || starts[rows] != count) throw new FormatException("the head's " + name + " has odd rows");
            for (int row = 0; row < rows; row++)
                if (starts[row + 1] < starts[row]) throw new FormatException("the head's " + name + " has odd rows");
            Indices(file, name + "_index", columns);
            Length(file, name + (name == "morph" ? "_value" : "_weight"), (long)values * count);
        }
    }
}
