using System.Buffers;
using System.Net;
using System.Net.Sockets;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Scenarios.Support;
using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.Transport.Sockets;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios;

/// <summary>The way of a byte through an encapsulator and a terminator, sockets, TLS and wake-ups included, leaves next to nothing to the garbage collector.</summary>
[Collection(AloneCollection.Name)]
public sealed class BytesAllocated(ITestOutputHelper output) : Story
{
    private const int BytesAFrame = 64;
    private const int MaxPayload = BufferPool.BlockSize - TcpConnectionStage.Headroom;
    private const long WarmUp = 64L << 20;
    private const long Measured = 256L << 20;

    /// <summary>No frame carries more, and WINDOW_UPDATE is not counted: at least so many frames there were.</summary>
    private const long Frames = Measured / MaxPayload;

    [Theory]
    [InlineData(TunnelDirection.ToOrigin)]
    [InlineData(TunnelDirection.ToApplication)]
    public async Task A_bulk_run_over_TLS_allocates_at_most_64_bytes_a_frame(TunnelDirection direction)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var topology = Own(await Topology.StartAsync((IPEndPoint)listener.LocalEndPoint!, Security.Tls));
        var application = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        application.Connect(topology.Entrance);
        var origin = listener.Accept();
        using var flow = direction == TunnelDirection.ToOrigin ? BulkFlow.Start(application, origin) : BulkFlow.Start(origin, application);
        GrowToItsPeak(topology.Encapsulator.Pool);
        GrowToItsPeak(topology.Terminator.Pool);
        GrowToItsPeak(ArrayPool<byte>.Shared);
        flow.Receive(WarmUp);

        // The program that runs the tests allocates now and then; what is allocated for a frame is there in each run.
        var allocated = Enumerable.Range(0, 3).Min(_ => Allocated(() => flow.Receive(Measured)));

        output.WriteLine($"{(double)allocated / Frames:0.0} bytes a frame");
        Assert.InRange(allocated, 0, BytesAFrame * Frames);
    }

    /// <summary>Bytes that the whole process allocates meanwhile.</summary>
    private static long Allocated(Action action)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        action();
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }

    /// <summary>A pool keeps all that was ever needed at once. That a run needs some more than its warm-up is chance, and nothing of that is allocated for a frame.</summary>
    private static void GrowToItsPeak(BufferPool pool)
    {
        var blocks = Enumerable.Range(0, 128).Select(_ => pool.Rent()).ToList();
        blocks.ForEach(block => block.Release());
    }

    /// <summary>The pool of SslStream's buffers, 32 and 64 KiB: each thread that works on one for the first time needs one more.</summary>
    private static void GrowToItsPeak(ArrayPool<byte> pool)
    {
        var arrays = Enumerable.Range(0, 128).Select(i => pool.Rent((32 * 1024) << (i % 2))).ToList();
        arrays.ForEach(array => pool.Return(array));
    }
}
