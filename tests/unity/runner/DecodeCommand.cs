using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;
using System.Text;

namespace FaceLive.Tests
{
    /// <summary>
    /// decode FILE: a file of messages (int32 length, bytes, ...); one line per message with what was read. On standard error
    /// the largest managed heap seen, so that a message that makes the reader allocate is noticed.
    /// </summary>
    internal static class DecodeCommand
    {
        public static int Run(string[] args)
        {
            byte[] file = File.ReadAllBytes(args[0]);
            var frame = new Frame();
            var buffer = new byte[Wire.MaximumMessage + 64];
            var lines = new StringBuilder();
            long heap = 0;
            for (int at = 0; at < file.Length;)
            {
                int length = BitConverter.ToInt32(file, at);
                at += 4;
                Buffer.BlockCopy(file, at, buffer, 0, length);
                at += length;
                lines.Append(Describe(buffer, length, frame)).Append('\n');
                heap = Math.Max(heap, GC.GetTotalMemory(false));
            }
            Console.Out.Write(lines);
            Console.Error.WriteLine(heap - file.Length - 2L * lines.Capacity);
            return 0;
        }

        private static string Describe(byte[] data, int length, Frame frame)
        {
            bool isFrame = length >= 4 && BitConverter.ToUInt32(data, 0) == Wire.FrameMagic;
            if (!isFrame && Envelope.Read(data, length, out Envelope envelope) == DecodeResult.Ok)
                return DescribeEnvelope(data, envelope);
            DecodeResult result = FrameDecoder.Decode(data, length, frame);
            return result == DecodeResult.Ok ? "frame " + Describe(frame) : "refused " + result;
        }

        /// <summary>Every field; floats by their bits, so that nothing is rounded on the way to the comparison.</summary>
        private static string Describe(Frame frame)
        {
            var words = new List<string>
            {
                Text(frame.SchemaHash), Text(frame.StreamId), Text(frame.Sequence), Text(frame.CapturedNs),
                Text(frame.InferredNs), Text(frame.PublishedNs), Text(frame.ClockId), Text((int)frame.Flags),
                Text(frame.FaceCount),
            };
            for (int i = 0; i < frame.FaceCount; i++)
            {
                Face face = frame.GetFace(i);
                words.Add(Text(face.Id) + "," + Text((int)face.Flags) + "," + Text(face.AvatarRevision) + ","
                    + Hash(face) + "," + Text(face.WeightCount));
            }
            return string.Join(" ", words);
        }

        private static string Hash(Face face)
        {
            var floats = new List<float>
            {
                face.Confidence, face.RotationX, face.RotationY, face.RotationZ, face.RotationW, face.X, face.Y, face.Z,
                face.LeftGazeYaw, face.LeftGazePitch, face.RightGazeYaw, face.RightGazePitch,
            };
            for (int i = 0; i < face.WeightCount; i++) floats.Add(face.Weights[i]);
            var bytes = new byte[4 * floats.Count];
            Buffer.BlockCopy(floats.ToArray(), 0, bytes, 0, bytes.Length);
            using (MD5 md5 = MD5.Create())
                return BitConverter.ToString(md5.ComputeHash(bytes)).Replace("-", "").ToLowerInvariant();
        }

        private static string DescribeEnvelope(byte[] data, Envelope envelope)
        {
            if (!JsonReader.TryRead(data, envelope.PayloadAt, envelope.PayloadLength, out JsonValue payload)
                || payload.Kind != JsonKind.Map) return "refused BadPayload";
            string head = Text(envelope.SchemaHash) + " " + Text(envelope.Sequence);
            switch (envelope.Magic)
            {
                case Wire.SchemaMagic:
                    Schema schema = SchemaJson.Read(payload, out _);
                    return schema == null || schema.Hash != envelope.SchemaHash
                        ? "refused BadPayload"
                        : "schema " + head + " " + schema.Name + " " + schema.Parameters.Count;
                case Wire.AvatarMagic:
                    AvatarMessage avatar = AvatarMessage.Read(envelope, payload);
                    return avatar == null ? "refused BadPayload"
                        : "avatar " + head + " " + avatar.FaceId + " " + avatar.Revision + " " + avatar.Values.Length;
                case Wire.EventMagic:
                    EventMessage happened = EventMessage.Read(payload);
                    return happened == null ? "refused BadPayload" : "event " + head + " " + happened.Kind + " " + happened.FaceId;
                default:
                    StateMessage state = StateMessage.Read(payload);
                    return state == null ? "refused BadPayload" : "state " + head + " " + state.Phase + " " + state.Frames;
            }
        }

        private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
    }
}
