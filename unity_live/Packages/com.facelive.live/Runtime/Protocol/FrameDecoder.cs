using System;

namespace FaceLive
{
    /// <summary>
    /// Reads frame messages. Throws nothing for any bytes, and allocates only when a frame brings more faces or weights
    /// than the target has held before, never more than the message holds.
    /// </summary>
    public static class FrameDecoder
    {
        private const double UnitTolerance = 0.01;

        /// <summary>Reads the first <paramref name="length"/> bytes of a buffer into a frame that is reused.</summary>
        public static DecodeResult Decode(byte[] data, int length, Frame into)
        {
            into.Clear();
            if (length > data.Length) return DecodeResult.TooShort;
            if (length < 4) return DecodeResult.TooShort;
            if (Bytes.U32(data, 0) != Wire.FrameMagic) return DecodeResult.WrongMagic;
            if (length > 4 && data[4] != Wire.Major) return DecodeResult.OtherVersion;
            if (length < Wire.FrameHeaderLength) return DecodeResult.TooShort;
            if (length > Wire.MaximumMessage) return DecodeResult.TooLong;

            int headerLength = Bytes.U16(data, 6);
            int faceCount = Bytes.U16(data, 66);
            int faceLength = Bytes.U16(data, 68);
            int faceHeaderLength = Bytes.U16(data, 70);
            int valueCount = Bytes.U16(data, 72);
            if (headerLength < Wire.FrameHeaderLength || headerLength > length) return DecodeResult.BadLayout;
            if (faceCount > 0)
            {
                if (faceCount > Wire.MaximumFaces || valueCount > Wire.MaximumValues) return DecodeResult.BadLayout;
                if (faceHeaderLength < Wire.FaceHeaderLength) return DecodeResult.BadLayout;
                if (faceLength < faceHeaderLength + 4 * valueCount) return DecodeResult.BadLayout;
                // The largest product is 32 * 65535, far below the range of int.
                if (headerLength + faceCount * faceLength > length) return DecodeResult.TooShort;
            }

            into.SchemaHash = Bytes.U64(data, 8);
            into.StreamId = Bytes.U64(data, 16);
            into.Sequence = Bytes.U64(data, 24);
            into.CapturedNs = Bytes.I64(data, 32);
            into.InferredNs = Bytes.I64(data, 40);
            into.PublishedNs = Bytes.I64(data, 48);
            into.ClockId = Bytes.U64(data, 56);
            into.Flags = (FrameFlags)Bytes.U16(data, 64) & FrameFlags.All;
            into.Reserve(faceCount, valueCount);
            for (int i = 0; i < faceCount; i++)
            {
                int start = headerLength + i * faceLength;
                if (ReadFace(data, start, start + faceHeaderLength, into.GetFace(i))) continue;
                into.Clear();
                return DecodeResult.BadValue;
            }
            return DecodeResult.Ok;
        }

        private static bool ReadFace(byte[] data, int at, int weightsAt, Face face)
        {
            face.Id = Bytes.U32(data, at);
            uint flags = Bytes.U32(data, at + 4);
            face.Flags = (FaceFlags)(flags & (uint)FaceFlags.All);
            face.AvatarRevision = Bytes.U32(data, at + 8);
            face.Confidence = Bytes.F32(data, at + 16);
            face.RotationX = Bytes.F32(data, at + 20);
            face.RotationY = Bytes.F32(data, at + 24);
            face.RotationZ = Bytes.F32(data, at + 28);
            face.RotationW = Bytes.F32(data, at + 32);
            face.X = Bytes.F32(data, at + 36);
            face.Y = Bytes.F32(data, at + 40);
            face.Z = Bytes.F32(data, at + 44);
            face.LeftGazeYaw = Bytes.F32(data, at + 48);
            face.LeftGazePitch = Bytes.F32(data, at + 52);
            face.RightGazeYaw = Bytes.F32(data, at + 56);
            face.RightGazePitch = Bytes.F32(data, at + 60);
            Bytes.Floats(data, weightsAt, face.Weights, face.WeightCount);
            return IsSane(face);
        }

        /// <summary>The same rules as the Python decoder, so that both accept and refuse the same bytes.</summary>
        private static bool IsSane(Face face)
        {
            uint state = (uint)(face.Flags & FaceFlags.State);
            if (state == 0 || (state & (state - 1)) != 0) return false;
            // Comparisons are false for NaN.
            if (!(face.Confidence >= 0f && face.Confidence <= 1f)) return false;
            double norm = (double)face.RotationX * face.RotationX + (double)face.RotationY * face.RotationY
                + (double)face.RotationZ * face.RotationZ + (double)face.RotationW * face.RotationW;
            if (!(Math.Abs(norm - 1.0) <= UnitTolerance)) return false;
            double rest = (double)face.X + face.Y + face.Z + face.LeftGazeYaw + face.LeftGazePitch
                + face.RightGazeYaw + face.RightGazePitch;
            if (!Bytes.IsFinite(rest)) return false;
            // A sum in double precision is finite exactly if every float is.
            double sum = 0.0;
            for (int i = 0; i < face.WeightCount; i++) sum += face.Weights[i];
            return Bytes.IsFinite(sum);
        }
    }
}
