using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;

namespace FaceLive
{
    /// <summary>One recorded message, as it was sent.</summary>
    public struct RecordedMessage
    {
        /// <summary>When it was recorded, on the recorder's clock.</summary>
        public long AtNs;

        public byte[] Message;
    }

    /// <summary>
    /// The file format of recordings (*.flrec): the same bytes as the Python side writes. Each record has a marker, a
    /// length and a CRC-32; damage loses the records that it hits and no others.
    /// </summary>
    public static class Recording
    {
        public const string Suffix = ".flrec";
        private const int FileHeaderLength = 20;
        private const int RecordHeaderLength = 20;
        private const int MaximumHeader = 1 << 22;
        private const uint RecordMagic = 0x43524C46; // FLRC
        private static readonly byte[] FileMagic = { 0x46, 0x4C, 0x52, 0x45, 0x43, 0x0D, 0x0A, 0x1A };

        public static void WriteHeader(Stream file, Schema schema, double createdUnixSeconds, string software)
        {
            string text = "{\"created_unix_s\":" + PythonNumber.Repr(createdUnixSeconds) + ",\"software\":"
                + JsonWriter.Write(JsonValue.OfText(software)) + ",\"schema_hash\":\""
                + schema.Hash.ToString("x16", CultureInfo.InvariantCulture) + "\",\"schema\":" + SchemaJson.Write(schema) + "}";
            byte[] json = Encoding.ASCII.GetBytes(text);
            var header = new byte[FileHeaderLength];
            FileMagic.CopyTo(header, 0);
            header[8] = 1;
            BitConverter.GetBytes(json.Length).CopyTo(header, 12);
            BitConverter.GetBytes(Crc32.Of(json, 0, json.Length)).CopyTo(header, 16);
            file.Write(header, 0, header.Length);
            file.Write(json, 0, json.Length);
        }

        public static void WriteRecord(Stream file, byte[] message, int length, long atNs)
        {
            var header = new byte[RecordHeaderLength];
            BitConverter.GetBytes(RecordMagic).CopyTo(header, 0);
            BitConverter.GetBytes(length).CopyTo(header, 4);
            BitConverter.GetBytes(atNs).CopyTo(header, 12);
            uint crc = Crc32.Of(message, 0, length, Crc32.Of(header, 12, 8));
            BitConverter.GetBytes(crc).CopyTo(header, 8);
            file.Write(header, 0, header.Length);
            file.Write(message, 0, length);
        }

        /// <summary>A whole recording in memory. lostBytes: what was damaged. Throws FormatException if it is none.</summary>
        public static List<RecordedMessage> Read(byte[] file, out Schema schema, out int lostBytes)
        {
            int at = ReadHeader(file, out schema);
            var records = new List<RecordedMessage>();
            lostBytes = 0;
            while (at < file.Length)
            {
                int length = RecordAt(file, at, out RecordedMessage record);
                if (length > 0)
                {
                    records.Add(record);
                    at += length;
                    continue;
                }
                lostBytes++;
                at++;
            }
            return records;
        }

        private static int ReadHeader(byte[] file, out Schema schema)
        {
            if (file.Length < FileHeaderLength) throw new FormatException("no facelive recording");
            for (int i = 0; i < FileMagic.Length; i++)
                if (file[i] != FileMagic[i]) throw new FormatException("no facelive recording");
            if (file[8] != 1) throw new FormatException("a recording of version " + file[8] + "; 1 is read here");
            long length = Bytes.U32(file, 12);
            if (length > MaximumHeader || FileHeaderLength + length > file.Length
                || Crc32.Of(file, FileHeaderLength, (int)length) != Bytes.U32(file, 16)
                || !JsonReader.TryRead(file, FileHeaderLength, (int)length, out JsonValue header)
                || header["schema"] == null)
                throw new FormatException("the header of the recording is damaged");
            schema = SchemaJson.Read(header["schema"], out string problem);
            if (schema == null) throw new FormatException("the schema of the recording is malformed: " + problem);
            return FileHeaderLength + (int)length;
        }

        /// <summary>Bytes of the record at an offset; 0 if there is no whole one.</summary>
        private static int RecordAt(byte[] file, int at, out RecordedMessage record)
        {
            record = default;
            if (file.Length - at < RecordHeaderLength || Bytes.U32(file, at) != RecordMagic) return 0;
            long length = Bytes.U32(file, at + 4);
            if (length > Wire.MaximumMessage || length > file.Length - at - RecordHeaderLength) return 0;
            int start = at + RecordHeaderLength;
            uint crc = Crc32.Of(file, start, (int)length, Crc32.Of(file, at + 12, 8));
            if (crc != Bytes.U32(file, at + 8)) return 0;
            record.AtNs = Bytes.I64(file, at + 12);
            record.Message = new byte[length];
            Buffer.BlockCopy(file, start, record.Message, 0, (int)length);
            return RecordHeaderLength + (int)length;
        }
    }
}
