using System.Net;
using System.Net.Sockets;
using ActorTunnel.TestSupport.Network;

namespace ActorTunnel.Scenarios.Support;

/// <summary>How a connection's receive direction ended.</summary>
public enum PeerEnd
{
    Fin,
    Reset,
}

/// <summary>One end of a TCP connection in a story: an application's, or an origin's.</summary>
internal sealed class Peer : IProxyClient
{
    private volatile bool _finSent;

    public Peer(Socket socket)
    {
        Socket = socket;
        Socket.NoDelay = true;
    }

    public Socket Socket { get; }

    /// <summary>Bytes that its kernel took.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Bytes that were read.</summary>
    public long BytesReceived { get; private set; }

    /// <summary>Where a send under way took the report of a reset, the receive returns 0; before a FIN of ours the state tells.</summary>
    private bool WasReset => Socket.HidesAReset(() => _finSent);

    public static async Task<Peer> ConnectAsync(IPEndPoint address, int receiveBuffer = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (receiveBuffer > 0)
        {
            socket.ReceiveBufferSize = receiveBuffer;
        }

        await socket.ConnectAsync(address).InTime();
        return new Peer(socket);
    }

    /// <summary>Connects to where there is no tunnel to be had: the connection is reset without a byte, perhaps before the connect has returned.</summary>
    public static async Task ConnectToBeResetAsync(IPEndPoint address)
    {
        Peer peer;
        try
        {
            peer = await ConnectAsync(address);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return;
        }

        using (peer)
        {
            Assert.Equal(0, await peer.ExpectResetAsync());
        }
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var count = await Socket.SendAsync(bytes);
            BytesSent += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Sends until nobody took more for so long; returns how much went out.</summary>
    public async Task<long> SendUntilStuckAsync(TimeSpan silence)
    {
        var block = new byte[64 * 1024];
        var total = 0L;
        Socket.Blocking = false;
        for (var last = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(last) < silence;)
        {
            var count = Socket.Send(block, SocketFlags.None, out var error);
            if (error == SocketError.Success)
            {
                total += count;
                BytesSent += count;
                last = TimeProvider.System.GetTimestamp();
            }
            else
            {
                Assert.Equal(SocketError.WouldBlock, error);
                await Task.Delay(5);
            }
        }

        return total;
    }

    public void SendFin()
    {
        _finSent = true;
        Socket.Shutdown(SocketShutdown.Send);
    }

    public Task SendEndAsync()
    {
        SendFin();
        return Task.CompletedTask;
    }

    /// <summary>Closes with a reset.</summary>
    public void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Dispose();
    }

    /// <summary>Reads exactly so many bytes.</summary>
    public async Task<byte[]> ReceiveAsync(int count)
    {
        var bytes = new byte[count];
        for (var read = 0; read < count;)
        {
            var more = await Socket.ReceiveAsync(bytes.AsMemory(read)).AsTask().InTime();
            Assert.True(more > 0, $"the connection ended after {read} of {count} bytes");
            read += more;
            BytesReceived += more;
        }

        return bytes;
    }

    /// <summary>Reads to the end, whichever it is.</summary>
    public async Task<(byte[] Bytes, PeerEnd End)> ReceiveToEndAsync()
    {
        var all = new MemoryStream();
        var end = await ReceiveToEndAsync(bytes => all.Write(bytes.Span));
        return (all.ToArray(), end);
    }

    /// <summary>Reads to the end, whichever it is.</summary>
    /// <param name="receive">Called with what came, for the length of the call.</param>
    public async Task<PeerEnd> ReceiveToEndAsync(Action<ReadOnlyMemory<byte>> receive)
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            int count;
            try
            {
                count = await Socket.ReceiveAsync(buffer).InTime();
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                return PeerEnd.Reset;
            }

            if (count == 0)
            {
                return WasReset ? PeerEnd.Reset : PeerEnd.Fin;
            }

            BytesReceived += count;
            receive(buffer.AsMemory(0, count));
        }
    }

    /// <summary>Nothing comes but a clean end behind exactly these bytes.</summary>
    public async Task ExpectToEndAsync(byte[] expected)
    {
        var (bytes, end) = await ReceiveToEndAsync();
        Assert.Equal(PeerEnd.Fin, end);
        Assert.True(expected.AsSpan().SequenceEqual(bytes), $"{bytes.Length} bytes came that differ from the {expected.Length} sent");
    }

    /// <summary>The connection is reset; what came before is a prefix of what was sent.</summary>
    /// <param name="sent">All of what was sent.</param>
    /// <param name="skipped">Bytes of it that were read before.</param>
    public async Task<int> ExpectResetAsync(byte[]? sent = null, int skipped = 0)
    {
        var (bytes, end) = await ReceiveToEndAsync();
        Assert.Equal(PeerEnd.Reset, end);
        Assert.True((sent ?? []).AsSpan(skipped).StartsWith(bytes), "what came before the reset was not sent so");
        return bytes.Length;
    }

    public void Dispose() => Socket.Dispose();
}
