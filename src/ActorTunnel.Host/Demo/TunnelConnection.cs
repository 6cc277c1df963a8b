using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using ActorTunnel.Transport.Tls;

namespace ActorTunnel.Host.Demo;

/// <summary>
/// A client's connection through a tunnel: TCP to the encapsulator, and in it TLS with the origin. It counts the bytes on the socket,
/// which are what the tunnel carries, and ends in order, so that the access logs of all hops must agree on them.
/// </summary>
internal sealed class TunnelConnection : IAsyncDisposable
{
    // The origin answers a FIN with its own at once.
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly Socket _socket;
    private readonly CountingStream _tcp;

    private TunnelConnection(Socket socket)
    {
        _socket = socket;
        _tcp = new CountingStream(socket);
        Tls = new SslStream(_tcp, leaveInnerStreamOpen: true);
    }

    /// <summary>What HTTP goes through; whoever disposes it leaves the socket open.</summary>
    public SslStream Tls { get; }

    /// <summary>Our end.</summary>
    public IPEndPoint Local => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>TLS version and cipher suite between client and origin.</summary>
    public string Security { get; private set; } = "";

    /// <summary>Bytes given to the socket.</summary>
    public long Sent => _tcp.Sent;

    /// <summary>Bytes taken from the socket.</summary>
    public long Received => _tcp.Received;

    /// <summary>Connects and shakes hands.</summary>
    /// <param name="encapsulator">Where the tunnel begins.</param>
    /// <param name="name">What the origin's certificate must carry.</param>
    /// <param name="authorities">The only ones that are trusted.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="SocketException">No connection.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The certificate was refused.</exception>
    public static async Task<TunnelConnection> OpenAsync(
        IPEndPoint encapsulator, string name, X509Certificate2Collection authorities, CancellationToken cancellation)
    {
        var socket = new Socket(encapsulator.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(encapsulator, cancellation);
            var connection = new TunnelConnection(socket);
            await connection.AuthenticateAsync(name, authorities, cancellation);
            return connection;
        }
        catch
        {
            // Whatever it was, nobody has the socket to close it.
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends FIN and reads to the end.</summary>
    /// <exception cref="IOException">The connection broke, or the other end did not end it.</exception>
    public async Task CloseAsync()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            using var deadline = new CancellationTokenSource(CloseTimeout);
            var rest = new byte[4096];
            while (await _tcp.ReadAsync(rest, deadline.Token) > 0)
            {
                // What TLS says at its end belongs to the tunnel's bytes, and is counted.
            }
        }
        catch (OperationCanceledException exception)
        {
            throw new IOException("the tunnel's other end did not close", exception);
        }
        catch (SocketException exception)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Tls.DisposeAsync();
        await _tcp.DisposeAsync();
        _socket.Dispose();
    }

    private async Task AuthenticateAsync(string name, X509Certificate2Collection authorities, CancellationToken cancellation)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        await Tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = name,
                CertificateChainPolicy = policy,
                ApplicationProtocols = [SslApplicationProtocol.Http11],
            },
            cancellation);
        Security = new TlsInfo(Tls.SslProtocol, Tls.NegotiatedCipherSuite, null).ToString();
    }

    private sealed class CountingStream(Socket socket) : NetworkStream(socket, ownsSocket: false)
    {
        private long _sent;
        private long _received;

        public long Sent => Volatile.Read(ref _sent);

        public long Received => Volatile.Read(ref _received);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await base.ReadAsync(buffer, cancellationToken);
            Interlocked.Add(ref _received, count);
            return count;
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await base.WriteAsync(buffer, cancellationToken);
            Interlocked.Add(ref _sent, buffer.Length);
        }
    }
}
