using System.Net;
using System.Net.Sockets;
using ActorTunnel.Benchmarks.Driving;
using ActorTunnel.Benchmarks.Harness.Bytes;

namespace ActorTunnel.Benchmarks.Harness.Origins;

/// <summary>The driver's own connection to the origin, past the chain. Its calls wait for the answer.</summary>
internal sealed class OriginControl : IDisposable
{
    private readonly Socket _socket;

    private OriginControl(Socket socket)
    {
        _socket = socket;
    }

    public static async Task<OriginControl> ConnectAsync(IPEndPoint origin)
    {
        var socket = await DriveSocket.ConnectAsync(origin);
        var greeting = new byte[Greeting.Size];
        new Greeting(OriginRole.Control, 0).Write(greeting);
        await DriveSocket.SendAllAsync(socket, greeting);
        return new OriginControl(socket);
    }

    /// <summary>What the origin has seen until now.</summary>
    public OriginCounts Ask() => Say(OriginCounts.Ask);

    /// <summary>No source sends any more.</summary>
    public OriginCounts StopSources() => Say(OriginCounts.StopSources);

    /// <summary>What was stalled is read.</summary>
    public OriginCounts ReleaseStalled() => Say(OriginCounts.ReleaseStalled);

    public void Dispose() => _socket.Dispose();

    private OriginCounts Say(byte question)
    {
        Span<byte> answer = stackalloc byte[OriginCounts.Size];
        _socket.Send([question]);
        for (var got = 0; got < answer.Length;)
        {
            var count = _socket.Receive(answer[got..]);
            got += count > 0 ? count : throw new DriveFailure("the origin is gone");
        }

        return OriginCounts.Read(answer);
    }
}
