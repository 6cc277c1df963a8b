using System.Net.Sockets;

namespace ActorTunnel.Scenarios.Support;

/// <summary>
/// Bytes from one socket to another as fast as they go, whatever lies between the two. Both ends block in calls on threads of their own and use one buffer each, so
/// that what is allocated meanwhile is allocated by what lies between.
/// </summary>
internal sealed class BulkFlow : IDisposable
{
    private readonly Socket _from;
    private readonly Socket _to;
    private readonly byte[] _received = new byte[256 * 1024];
    private readonly Thread _sender;

    private BulkFlow(Socket from, Socket to)
    {
        _from = from;
        _to = to;
        _to.ReceiveTimeout = (int)Eventually.Patience.TotalMilliseconds;
        _sender = new Thread(SendUntilClosed) { IsBackground = true, Name = "bulk sender" };
        _sender.Start();
    }

    /// <summary>Sends until it is disposed, and then resets. The sockets become the flow's, and must not have been used asynchronously before.</summary>
    public static BulkFlow Start(Socket from, Socket to) => new(from, to);

    /// <summary>Returns when so many more bytes have come.</summary>
    public void Receive(long count)
    {
        while (count > 0)
        {
            var read = _to.Receive(_received);
            Assert.True(read > 0, "the connection ended, and bytes had still to come");
            count -= read;
        }
    }

    public void Dispose()
    {
        _to.LingerState = new LingerOption(true, 0);
        _to.Dispose();
        _sender.Join();
        _from.Dispose();
    }

    private void SendUntilClosed()
    {
        var block = new byte[256 * 1024];
        SocketError error;
        do
        {
            _from.Send(block, SocketFlags.None, out error);
        }
        while (error == SocketError.Success);
    }
}
