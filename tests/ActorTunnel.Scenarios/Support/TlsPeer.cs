using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace ActorTunnel.Scenarios.Support;

/// <summary>A client with TLS whose ends are the story's to choose: close_notify, a bare FIN, or a reset.</summary>
internal sealed class TlsPeer : IProxyClient
{
    private readonly Socket _socket;
    private readonly WireStream _wire;
    private readonly SslStream _tls;

    private TlsPeer(Socket socket)
    {
        _socket = socket;
        _socket.NoDelay = true;
        _wire = new WireStream(socket);
        _tls = new SslStream(_wire);
    }

    /// <summary>The handshake is done when it returns.</summary>
    /// <param name="address">Of a listener with the shared certificates.</param>
    /// <param name="protocols">Offered by ALPN, in this order; none: no ALPN.</param>
    public static async Task<TlsPeer> ConnectAsync(IPEndPoint address, params SslApplicationProtocol[] protocols)
    {
        var peer = await DialAsync(address);
        await peer.HandshakeAsync(protocols);
        return peer;
    }

    /// <summary>A TCP connection, and nothing sent on it.</summary>
    public static async Task<TlsPeer> DialAsync(IPEndPoint address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address).InTime();
        return new TlsPeer(socket);
    }

    /// <summary>TLS on a connection that has none yet.</summary>
    public async Task HandshakeAsync(params SslApplicationProtocol[] protocols) =>
        await _tls.AuthenticateAsClientAsync(TestCertificates.Shared.ClientOptions(protocols)).InTime();

    /// <summary>Whose certificate the listener showed.</summary>
    public string? RemoteSubject => _tls.RemoteCertificate?.Subject;

    /// <summary>What was agreed on.</summary>
    public string Protocol => _tls.NegotiatedApplicationProtocol.ToString();

    public Task SendAsync(ReadOnlyMemory<byte> bytes) => _tls.WriteAsync(bytes).AsTask().InTime();

    /// <summary>A clean end, and the TCP connection's behind it.</summary>
    public async Task SendEndAsync()
    {
        await _tls.ShutdownAsync().InTime();
        _socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>The TCP connection ends without a word of TLS, as one that is cut does.</summary>
    public void Cut() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Closes with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public async Task<byte[]> ReceiveAsync(int count)
    {
        var bytes = new byte[count];
        await _tls.ReadExactlyAsync(bytes).AsTask().InTime();
        return bytes;
    }

    /// <summary>Reads to the end: Fin only for close_notify with the TCP connection's own end behind it.</summary>
    public async Task<(byte[] Bytes, PeerEnd End)> ReceiveToEndAsync()
    {
        var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        try
        {
            while (await _tls.ReadAsync(buffer).AsTask().InTime() is > 0 and var count)
            {
                all.Write(buffer, 0, count);
            }

            Assert.False(_wire.EndWasRead, "the connection ended without close_notify");
            Assert.Equal(0, await _socket.ReceiveAsync(buffer).InTime());
            return (all.ToArray(), PeerEnd.Fin);
        }
        catch (Exception e) when (e is IOException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset } }
            or SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            return (all.ToArray(), PeerEnd.Reset);
        }
    }

    public void Dispose()
    {
        _tls.Dispose();
        _socket.Dispose();
    }

    /// <summary>TLS does not tell a close_notify from a connection that just ended; whether it read that end does.</summary>
    private sealed class WireStream(Socket socket) : NetworkStream(socket)
    {
        public bool EndWasRead { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await base.ReadAsync(buffer, cancellationToken);
            EndWasRead |= count == 0 && buffer.Length > 0;
            return count;
        }
    }
}
