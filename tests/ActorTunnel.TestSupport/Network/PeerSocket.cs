using System.Net.Sockets;
using ActorTunnel.TestSupport.Streams;
using Xunit;

namespace ActorTunnel.TestSupport.Network;

/// <summary>The test's end of a connection, used with blocking calls that fail the test when they wait too long.</summary>
public sealed class PeerSocket
{
    internal PeerSocket(Socket socket)
    {
        Socket = socket;
        socket.NoDelay = true;
        socket.ReceiveTimeout = (int)StageTest.Patience.TotalMilliseconds;
        socket.SendTimeout = (int)StageTest.Patience.TotalMilliseconds;
    }

    /// <summary>The socket itself.</summary>
    public Socket Socket { get; }

    /// <summary>Sends all bytes.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[Socket.Send(bytes)..];
        }
    }

    /// <summary>Sends as much as the connection takes without waiting, and returns how much.</summary>
    public long SendUntilBlocked(ReadOnlySpan<byte> bytes)
    {
        // The kernel moves bytes to the other end's buffer by itself, so "full" is to be seen for a while.
        long sent = 0;
        while (sent < bytes.Length && Socket.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectWrite))
        {
            Socket.Blocking = false;
            var count = Socket.Send(bytes[(int)sent..], SocketFlags.None, out var error);
            Socket.Blocking = true;
            if (error is not (SocketError.Success or SocketError.WouldBlock))
            {
                throw new SocketException((int)error);
            }

            sent += Math.Max(count, 0);
        }

        return sent;
    }

    /// <summary>Ends our direction.</summary>
    public void SendFin() => Socket.Shutdown(SocketShutdown.Send);

    /// <summary>Receives exactly so many bytes.</summary>
    public byte[] Receive(int count)
    {
        var bytes = new byte[count];
        var at = 0;
        while (at < count)
        {
            var read = Socket.Receive(bytes.AsSpan(at));
            Assert.True(read > 0, $"The connection ended after {at} of {count} bytes.");
            at += read;
        }

        return bytes;
    }

    /// <summary>Receives up to the end: the bytes before it, and Success for a FIN or the error.</summary>
    public (byte[] Bytes, SocketError End) ReceiveToEnd()
    {
        var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var read = Socket.Receive(buffer, SocketFlags.None, out var error);
            if (error != SocketError.Success || read <= 0)
            {
                return (all.ToArray(), error);
            }

            all.Write(buffer, 0, read);
        }
    }

    /// <summary>Waits for a FIN, with nothing before it.</summary>
    public void ExpectFin()
    {
        var (bytes, end) = ReceiveToEnd();
        Assert.Empty(bytes);
        Assert.Equal(SocketError.Success, end);
    }

    /// <summary>Waits for a reset.</summary>
    public void ExpectReset() => Assert.Equal(SocketError.ConnectionReset, ReceiveToEnd().End);

    /// <summary>Resets the connection.</summary>
    public void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Dispose();
    }
}
