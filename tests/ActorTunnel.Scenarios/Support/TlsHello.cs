using System.Net.Security;

namespace ActorTunnel.Scenarios.Support;

/// <summary>The first flight of a TLS client, as the platform's own client writes it.</summary>
internal static class TlsHello
{
    /// <param name="serverName">Empty: the hello names nobody.</param>
    public static async Task<byte[]> OfAsync(string serverName)
    {
        var wire = new OneWayStream();
        using var client = new SslStream(wire);
        // The server ends at once, so the handshake fails when all of the hello has been written.
        await Assert.ThrowsAnyAsync<IOException>(() => client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = serverName }));
        return wire.Written.ToArray();
    }

    /// <summary>Keeps what is written; there is nothing to read.</summary>
    private sealed class OneWayStream : Stream
    {
        public MemoryStream Written { get; } = new();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => 0;

        public override void Write(byte[] buffer, int offset, int count) => Written.Write(buffer, offset, count);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
