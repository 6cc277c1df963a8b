using System.Net;
using System.Net.Sockets;
using ActorTunnel.Transport.Loops;
using ActorTunnel.Transport.Sockets;
using Xunit;

namespace ActorTunnel.Transport.Tests.Sockets;

/// <summary>A connection of ours and the bare socket of its peer, over the loopback interface.</summary>
internal sealed class Dialled : IDisposable
{
    private Dialled(TcpConnection connection, Socket peer)
    {
        Connection = connection;
        Peer = peer;
    }

    public TcpConnection Connection { get; }

    public Socket Peer { get; }

    public static async Task<Dialled> CreateAsync(string address = "127.0.0.1", string bind = "127.0.0.1", EventLoops? loops = null)
    {
        using var listener = new TcpListener(IPAddress.Parse(bind), 0);
        listener.Start();
        var dialler = new TcpDialer(
            new TcpConnectionOptions { ResetUnlessClean = true },
            new NameResolver(Dns.GetHostAddressesAsync, TimeSpan.FromSeconds(5), TimeProvider.System),
            TestSupport.Streams.StageTest.Patience,
            TimeProvider.System,
            loops);
        var dialled = await dialler.DialAsync(address, ((IPEndPoint)listener.LocalEndpoint).Port, default);
        var connection = Assert.IsType<DialResult.Connected>(dialled).Connection;
        var peer = await listener.AcceptSocketAsync();
        peer.NoDelay = true;
        return new Dialled(connection, peer);
    }

    /// <summary>All that the peer gets, up to its end, and how that was.</summary>
    public async Task<(byte[] Bytes, SocketError End)> ReceiveToEndAsync()
    {
        var bytes = new List<byte>();
        var buffer = new byte[4_096];
        try
        {
            while (await Peer.ReceiveAsync(buffer) is > 0 and var count)
            {
                bytes.AddRange(buffer.AsSpan(0, count));
            }

            return ([.. bytes], SocketError.Success);
        }
        catch (SocketException e)
        {
            // A reset is one of the ends.
            return ([.. bytes], e.SocketErrorCode);
        }
    }

    public void SendReset()
    {
        Peer.LingerState = new LingerOption(true, 0);
        Peer.Dispose();
    }

    public void Dispose()
    {
        Connection.Reset();
        Peer.Dispose();
    }
}
