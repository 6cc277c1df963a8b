using System.Diagnostics;
using ActorTunnel.Scenarios.Support;
using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.TestSupport.Network;

namespace ActorTunnel.Scenarios.Tools;

/// <summary>The pipe that stories put between two parties does what it is told, and apart from that the truth.</summary>
public sealed class FaultPipeTests : Story
{
    private const int Length = 100_000;
    private static readonly byte[] There = new BlockPayload(1, TunnelDirection.ToOrigin).Bytes(0, Length);
    private static readonly byte[] Back = new BlockPayload(1, TunnelDirection.ToApplication).Bytes(0, Length);

    /// <summary>What changes no byte.</summary>
    public static readonly TheoryData<string> Gentle = new() { "none", "slices", "latency", "bandwidth", "slow close" };

    private static FaultPlan GentlePlan(string name) => name switch
    {
        "slices" => new FaultPlan { Slices = new SliceSizes(1, 7) },
        "latency" => new FaultPlan { Latency = TimeSpan.FromMilliseconds(10), Jitter = TimeSpan.FromMilliseconds(10) },
        "bandwidth" => new FaultPlan { BytesPerSecond = 1_000_000 },
        "slow close" => new FaultPlan { EndDelay = TimeSpan.FromMilliseconds(50) },
        _ => new FaultPlan(),
    };

    [Theory]
    [MemberData(nameof(Gentle))]
    public async Task Each_direction_passes_every_byte_and_ends_on_its_own(string name)
    {
        var plan = GentlePlan(name);
        var (pipe, near, far) = await OpenAsync(new LinkFaults(plan, plan));
        using (near)
        using (far)
        {
            await PassAsync(near, far, There);
            await PassAsync(far, near, Back);
        }

        Assert.Equal((1, 0), (pipe.Connections, pipe.CutsReached));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reset_is_passed_on_as_a_reset_behind_what_was_sent_before_it(bool byNear)
    {
        var (_, near, far) = await OpenAsync(LinkFaults.None);
        var (resetter, other) = byNear ? (near, far) : (far, near);
        using (other)
        {
            await resetter.SendAsync(There);
            await other.ReceiveAsync(Length);
            resetter.Reset();

            await other.ExpectResetAsync();
        }
    }

    [Fact]
    public async Task A_reset_that_meets_bytes_under_way_to_it_is_a_reset()
    {
        var (_, near, far) = await OpenAsync(LinkFaults.None);
        using (near)
        {
            var sending = near.SendUntilStuckAsync(TimeSpan.FromMilliseconds(100));
            await far.ReceiveAsync(Length);
            await sending;
            far.Reset();

            await near.ExpectResetAsync();
        }
    }

    [Fact]
    public async Task A_close_with_bytes_unread_is_the_reset_that_the_kernel_makes_of_it()
    {
        var (_, near, far) = await OpenAsync(LinkFaults.None);
        using (near)
        {
            await near.SendAsync(There);
            await far.ReceiveAsync(1);
            far.Dispose();

            await near.ExpectResetAsync();
        }
    }

    [Fact]
    public async Task Latency_and_a_slow_close_take_their_time()
    {
        var latency = TimeSpan.FromMilliseconds(60);
        var endDelay = TimeSpan.FromMilliseconds(150);
        var (_, near, far) = await OpenAsync(new LinkFaults(new FaultPlan { Latency = latency, EndDelay = endDelay }, new FaultPlan()));
        using (near)
        using (far)
        {
            var clock = Stopwatch.StartNew();
            await near.SendAsync(There.AsMemory(0, 1_000));
            near.SendFin();
            await far.ReceiveAsync(1_000);
            Assert.True(clock.Elapsed >= latency, $"the bytes came after {clock.Elapsed}");
            await far.ExpectToEndAsync([]);
            Assert.True(clock.Elapsed >= latency + endDelay, $"the end came after {clock.Elapsed}");
        }
    }

    [Fact]
    public async Task A_narrow_cable_takes_its_time()
    {
        var (_, near, far) = await OpenAsync(new LinkFaults(new FaultPlan { BytesPerSecond = 400_000 }, new FaultPlan()));
        using (near)
        using (far)
        {
            var clock = Stopwatch.StartNew();
            await PassAsync(near, far, There);
            Assert.True(clock.Elapsed.TotalSeconds >= 0.24, $"the bytes came after {clock.Elapsed}");
        }
    }

    [Fact]
    public async Task What_hangs_lets_nothing_pass_until_it_is_reset()
    {
        var (pipe, near, far) = await OpenAsync(WithCut(CutKind.Hang, 777));
        using (near)
        using (far)
        {
            await near.SendAsync(There);
            near.SendFin();
            Assert.Equal(There[..777], await far.ReceiveAsync(777));
            await PassAsync(far, near, Back);
            var rest = far.ExpectResetAsync();
            await Task.WhenAny(rest, Task.Delay(100)); // As long as nothing comes, nothing ends this wait but the clock.
            Assert.Equal((false, 1), (rest.IsCompleted, pipe.CutsReached));

            pipe.ResetAll();

            Assert.Equal(0, await rest);
        }
    }

    [Fact]
    public async Task A_FIN_comes_at_its_offset_and_the_other_direction_goes_on()
    {
        var (pipe, near, far) = await OpenAsync(WithCut(CutKind.Fin, 777));
        using (near)
        using (far)
        {
            await near.SendAsync(There);
            near.SendFin();
            await far.ExpectToEndAsync(There[..777]);
            await PassAsync(far, near, Back);
            Assert.Equal(1, pipe.CutsReached);
        }
    }

    [Theory]
    [InlineData(1)] // At 0 it may come before the connect has returned.
    [InlineData(777)]
    [InlineData(Length)]
    public async Task A_reset_comes_at_its_offset_towards_both_ends(int offset)
    {
        var (pipe, near, far) = await OpenAsync(WithCut(CutKind.Reset, offset));
        using (near)
        using (far)
        {
            await SendAsFarAsItGoesAsync(near, There);
            Assert.InRange(await far.ExpectResetAsync(There), 0, offset);
            await near.ExpectResetAsync();
            Assert.Equal(1, pipe.CutsReached);
        }
    }

    [Fact]
    public async Task Injected_bytes_come_in_between()
    {
        byte[] injected = [1, 2, 3];
        var cut = new Cut(CutKind.Inject, CutPoint.After(777)) { Injected = injected };
        var (_, near, far) = await OpenAsync(new LinkFaults(new FaultPlan { Cut = cut }, new FaultPlan()));
        using (near)
        using (far)
        {
            await near.SendAsync(There);
            near.SendFin();
            await far.ExpectToEndAsync([.. There[..777], .. injected, .. There[777..]]);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task All_connections_can_be_ended_now(bool reset)
    {
        var (pipe, near, far) = await OpenAsync(LinkFaults.None);
        using (near)
        using (far)
        {
            await near.SendAsync(There);
            await far.ReceiveAsync(Length);

            if (reset)
            {
                pipe.ResetAll();
                await near.ExpectResetAsync();
                await far.ExpectResetAsync();
            }
            else
            {
                pipe.FinishAll();
                await near.ExpectToEndAsync([]);
                await far.ExpectToEndAsync([]);
            }
        }
    }

    [Fact]
    public async Task A_target_that_is_not_there_is_a_reset()
    {
        var pipe = Own(new FaultPipe(StorySettings.Loopback(FreePort.Take())));

        await Peer.ConnectToBeResetAsync(pipe.Address);
    }

    [Fact]
    public async Task Who_does_not_read_stops_who_writes_and_loses_nothing()
    {
        var (_, near, far) = await OpenAsync(LinkFaults.None);
        using (near)
        using (far)
        {
            var stuckAt = await near.SendUntilStuckAsync(TimeSpan.FromMilliseconds(300));
            near.SendFin();
            var (bytes, end) = await far.ReceiveToEndAsync();
            Assert.Equal((stuckAt, PeerEnd.Fin), (bytes.Length, end));
        }
    }

    private static LinkFaults WithCut(CutKind kind, int offset) =>
        new(new FaultPlan { Cut = new Cut(kind, CutPoint.After(offset)) }, new FaultPlan());

    private async Task<(FaultPipe Pipe, Peer Near, Peer Far)> OpenAsync(LinkFaults faults)
    {
        var origin = Own(Origin.Start());
        var pipe = Own(new FaultPipe(origin.Address, _ => faults));
        var near = await Peer.ConnectAsync(pipe.Address);
        return (pipe, near, await origin.AcceptAsync());
    }

    private static async Task PassAsync(Peer from, Peer to, byte[] bytes)
    {
        var receiving = to.ExpectToEndAsync(bytes);
        await from.SendAsync(bytes).InTime();
        from.SendFin();
        await receiving;
    }

    private static async Task SendAsFarAsItGoesAsync(Peer peer, byte[] bytes)
    {
        try
        {
            await peer.SendAsync(bytes);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Reset meanwhile, as it should be.
        }
    }
}
