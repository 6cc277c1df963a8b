using System.Net;
using System.Net.Sockets;
using ActorTunnel.Benchmarks.Driving;
using ActorTunnel.Benchmarks.Harness;
using ActorTunnel.Benchmarks.Harness.Bytes;
using ActorTunnel.Benchmarks.Harness.Origins;
using ActorTunnel.Benchmarks.Harness.Processes;
using ActorTunnel.Benchmarks.Harness.Tunnels;
using ActorTunnel.Benchmarks.Harness.Works;
using Xunit;

namespace ActorTunnel.Benchmarks.Tests;

/// <summary>Works against a real origin, straight and over a chain that does wrong.</summary>
public sealed class WorksTests : IDisposable
{
    private const int Changed = Greeting.Size + 12; // In the first message or the first bulk bytes, whichever way.

    private static readonly TimeSpan Ahead = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Length = TimeSpan.FromMilliseconds(100);

    private readonly IPEndPoint _origin = PollerThread.FreeAddress();
    private readonly PollerThread _thread;

    public WorksTests()
    {
        _thread = new PollerThread(poller =>
        {
            _ = new Origin(poller, _origin);
            return poller.Turn;
        });
    }

    public static TheoryData<string, int> Straight => new()
    {
        { "bulk", 3 },
        { "bulk-both", 3 },
        { "messages", 20 },
        { "messages-beside", 20 },
        { "opens", 4 },
        { "stalled", 1 },
    };

    [Theory]
    [MemberData(nameof(Straight))]
    public async Task Every_work_yields_the_figures_of_its_shape(string shape, int tunnels)
    {
        var measured = await RunAsync(WorkOf(shape, tunnels), new Entrance(_origin));

        Assert.Equal(WorkShape.Of(shape).Figures.Select(figure => figure.Key).Order(), measured.Figures.Keys.Order());
        Assert.True(measured.Figures[WorkShape.Of(shape).Figures[0].Key] > 0);
        Assert.True(measured.Processes["driver"].ResidentMiB > 1);
    }

    /// <summary>What the driver allocates it has to collect, while a chain is measured.</summary>
    [Fact]
    public async Task A_message_allocates_nothing()
    {
        using var control = await OriginControl.ConnectAsync(_origin);
        using var bench = new Bench(new Entrance(_origin), control, new ProcessWatch(new Dictionary<string, int>()), Length);
        var messages = new MessageTraffic(bench, 10);
        messages.BeginCount();

        var before = GC.GetAllocatedBytesForCurrentThread();
        bench.Poller.For(Length);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(allocated < messages.FiguresOf(seconds: 1)["rate"], $"{allocated} bytes");
        messages.Finish();
    }

    [Theory]
    [InlineData("bulk", true, "wrong bytes arrived at the origin, on 1 tunnels")]
    [InlineData("bulk-both", false, "tunnel 0: a byte behind the first ")]
    [InlineData("messages", true, "tunnel 0: the answer to message ")]
    [InlineData("messages", false, "tunnel 0: the answer to message ")]
    public async Task A_chain_that_changes_a_byte_fails(string shape, bool onTheWayThere, string words)
    {
        var failure = await FailAsync(WorkOf(shape, 1), (there, bytes, before) =>
        {
            if (there == onTheWayThere && before <= Changed && Changed < before + bytes.Length)
            {
                bytes[(int)(Changed - before)] ^= 0x20;
            }

            return bytes.Length;
        });

        Assert.StartsWith(words, failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_that_ends_a_tunnel_fails() => Assert.StartsWith(
        "tunnel 0: it ", await FailAsync(WorkOf("messages", 1), (there, bytes, _) => there ? bytes.Length : -1), StringComparison.Ordinal);

    public void Dispose() => _thread.Dispose();

    private static Work WorkOf(string shape, int tunnels) => shape switch
    {
        "bulk" => new BulkWork(shape, tunnels, OriginRole.Sink, Ahead),
        "bulk-both" => new BulkWork(shape, tunnels, OriginRole.SinkAndSource, Ahead),
        "messages" => new MessagesWork(shape, tunnels, IsBesideBulk: false),
        "messages-beside" => new MessagesWork(shape, tunnels, IsBesideBulk: true),
        "opens" => new OpensWork(tunnels),
        _ => new StalledWork(Ahead),
    };

    private async Task<Measured> RunAsync(Work work, Entrance entrance)
    {
        using var control = await OriginControl.ConnectAsync(_origin);
        using var bench = new Bench(entrance, control, new ProcessWatch(new Dictionary<string, int> { ["driver"] = Environment.ProcessId }), Length);
        return bench.Do(work);
    }

    /// <summary>Why the work fails over a relay.</summary>
    /// <param name="work">What is done.</param>
    /// <param name="meddle">Whether the bytes go to the origin, they themselves, and how many were before them; returns how many of them pass, or -1 for an end.</param>
    private async Task<string> FailAsync(Work work, Func<bool, byte[], long, int> meddle)
    {
        using var listener = DriveSocket.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        var relaying = RelayAsync(listener, meddle);
        var failure = await Assert.ThrowsAsync<DriveFailure>(() => Task.Run(() => RunAsync(work, new Entrance((IPEndPoint)listener.LocalEndPoint!))));
        await relaying;
        return failure.Message;
    }

    private async Task RelayAsync(Socket listener, Func<bool, byte[], long, int> meddle)
    {
        using var near = await listener.AcceptAsync();
        using var far = await DriveSocket.ConnectAsync(_origin);
        await Task.WhenAll(CopyAsync(near, far, true, meddle), CopyAsync(far, near, false, meddle));
    }

    private static async Task CopyAsync(Socket from, Socket to, bool there, Func<bool, byte[], long, int> meddle)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            for (long before = 0; await from.ReceiveAsync(buffer) is > 0 and var count; before += count)
            {
                var bytes = buffer[..count];
                var passing = meddle(there, bytes, before);
                if (passing < 0)
                {
                    break;
                }

                await DriveSocket.SendAllAsync(to, bytes.AsMemory(0, passing));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Either side gave the tunnel up.
        }

        from.Dispose();
        to.Dispose();
    }
}
