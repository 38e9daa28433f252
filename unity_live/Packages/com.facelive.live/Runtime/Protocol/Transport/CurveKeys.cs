using System;
using System.IO;

namespace FaceLive
{
    /// <summary>
    /// CURVE keys of a reader, from files that "facelive keys" writes (ZeroMQ's certificate format). Keys are 40
    /// characters of Z85.
    /// </summary>
    public sealed class CurveKeys
    {
        private const int KeyLength = 40;

        /// <summary>The publisher's public key.</summary>
        public readonly string Server;

        /// <summary>Our own keys; null lets the transport make a pair for this run.</summary>
        public readonly string Public;

        public readonly string Secret;

        public CurveKeys(string server, string publicKey = null, string secretKey = null)
        {
            Server = Check(server, "the publisher's public key");
            Public = publicKey == null ? null : Check(publicKey, "our public key");
            Secret = secretKey == null ? null : Check(secretKey, "our secret key");
            if ((Public == null) != (Secret == null))
                throw new TransportException("CURVE needs both halves of our own keys, or neither");
        }

        /// <summary>secretFile: our NAME.key_secret, or empty. Throws TransportException if a file holds no key.</summary>
        public static CurveKeys Load(string serverFile, string secretFile)
        {
            string server = Field(serverFile, "public-key");
            return string.IsNullOrEmpty(secretFile)
                ? new CurveKeys(server)
                : new CurveKeys(server, Field(secretFile, "public-key"), Field(secretFile, "secret-key"));
        }

        private static string Field(string path, string name)
        {
            string[] lines;
            try
            {
                lines = File.ReadAllLines(path);
            }
            catch (Exception error) when (error is IOException || error is UnauthorizedAccessException
                || error is ArgumentException || error is NotSupportedException)
            {
                throw new TransportException("cannot read the key " + path + ": " + error.Message, error);
            }
            foreach (string line in lines)
            {
                int equals = line.IndexOf('=');
                if (line.TrimStart().StartsWith("#", StringComparison.Ordinal) || equals < 0) continue;
                if (line.Substring(0, equals).Trim() == name) return line.Substring(equals + 1).Trim().Trim('"');
            }
            throw new TransportException(path + " holds no " + name);
        }

        private static string Check(string key, string what)
        {
            if (key == null || key.Length != KeyLength)
                throw new TransportException(what + " is no CURVE key: it has " + KeyLength + " characters");
            return key;
        }
    }
}
