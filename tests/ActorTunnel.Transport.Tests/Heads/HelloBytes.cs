using System.Net.Security;
using System.Text;
using Xunit;

namespace ActorTunnel.Transport.Tests.Heads;

/// <summary>ClientHellos: one of the platform's own TLS, and hand-made ones that no client would send.</summary>
internal static class HelloBytes
{
    public static readonly byte[] Grease = Extension(0x1A1A, []);
    public static readonly byte[] Groups = Extension(10, [0, 2, 0, 29]);

    /// <summary>The first flight of the platform's TLS client.</summary>
    public static byte[] OfThePlatform(string? host, params SslApplicationProtocol[] protocols)
    {
        using var wire = new OneWay();
        using var tls = new SslStream(wire);
        Assert.ThrowsAny<IOException>(() => tls.AuthenticateAsClient(new SslClientAuthenticationOptions
        {
            TargetHost = host, ApplicationProtocols = protocols.Length == 0 ? null : [.. protocols],
        }));
        return wire.Written.ToArray();
    }

    public static byte[] ServerName(string name) => Extension(0, Vector16([0, .. Vector16(Encoding.Latin1.GetBytes(name))]));

    public static byte[] Protocols(params string[] names) =>
        Extension(16, Vector16([.. names.SelectMany(name => (byte[])[(byte)name.Length, .. Encoding.Latin1.GetBytes(name)])]));

    public static byte[] Extension(ushort type, byte[] data) => [(byte)(type >> 8), (byte)type, .. Vector16(data)];

    public static byte[] Vector16(byte[] data) => [(byte)(data.Length >> 8), (byte)data.Length, .. data];

    /// <summary>A handshake message with these extensions; null: without the whole block.</summary>
    public static byte[] Message(params byte[][]? extensions)
    {
        byte[] body =
        [
            3, 3, .. Enumerable.Repeat((byte)0x55, 32),
            4, 1, 2, 3, 4,
            0, 4, 0x0A, 0x0A, 0x13, 0x01,
            1, 0,
            .. extensions is null ? [] : Vector16([.. extensions.SelectMany(extension => extension)]),
        ];
        return Handshake(body);
    }

    public static byte[] Handshake(byte[] body) => [1, (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];

    /// <summary>The message in records of at most <paramref name="fragment"/> bytes.</summary>
    public static byte[] Records(byte[] message, int fragment = 16_384) =>
        [.. message.Chunk(fragment).SelectMany(part => (byte[])[22, 3, 1, .. Vector16(part)])];

    /// <summary>A stream that takes what is written and has nothing to read.</summary>
    private sealed class OneWay : MemoryStream
    {
        public MemoryStream Written { get; } = new();

        public override int Read(byte[] buffer, int offset, int count) => 0;

        public override int Read(Span<byte> buffer) => 0;

        public override void Write(byte[] buffer, int offset, int count) => Written.Write(buffer, offset, count);

        public override void Write(ReadOnlySpan<byte> buffer) => Written.Write(buffer);
    }
}
