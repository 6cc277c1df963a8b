using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>How tunnels end: each direction on its own, and no truncated transfer looks complete.</summary>
public sealed class Ends : Story
{
    /// <summary>Around the size of a frame, the size of a stream's window, and beyond.</summary>
    public static readonly TheoryData<Security, int> Sizes = new()
    {
        { Security.Cleartext, 0 },
        { Security.Cleartext, 1 },
        { Security.Cleartext, 16_383 },
        { Security.Cleartext, 16_384 },
        { Security.Cleartext, 16_385 },
        { Security.Cleartext, 1024 * 1024 },
        { Security.Tls, 0 },
        { Security.Tls, 1 },
        { Security.Tls, 16_383 },
        { Security.Tls, 16_384 },
        { Security.Tls, 16_385 },
        { Security.Tls, 1024 * 1024 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task A_half_close_of_the_application_leaves_the_origin_its_direction(Security security, int size)
    {
        var (topology, application, far) = await OpenAsync(security);
        using (application)
        using (far)
        {
            await HalfCloseAsync(application, far, size);
            await HalfCloseAsync(far, application, size);
        }

        await AssertCleanAsync(topology, size, size);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task A_half_close_of_the_origin_leaves_the_application_its_direction(Security security, int size)
    {
        var (topology, application, far) = await OpenAsync(security);
        using (application)
        using (far)
        {
            await HalfCloseAsync(far, application, size);
            await HalfCloseAsync(application, far, size);
        }

        await AssertCleanAsync(topology, size, size);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task Both_may_end_at_once(Security security, int size)
    {
        var (topology, application, far) = await OpenAsync(security);
        using (application)
        using (far)
        {
            await Task.WhenAll(HalfCloseAsync(far, application, size), HalfCloseAsync(application, far, size));
        }

        await AssertCleanAsync(topology, size, size);
    }

    [Theory]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task A_download_needs_no_half_close_of_its_client(Security security)
    {
        var (topology, application, far) = await OpenAsync(security);
        using (far)
        {
            await application.SendAsync(Payload.Of(200, seed: 1));
            await far.ReceiveAsync(200);
            await HalfCloseAsync(far, application, 1024 * 1024);
            application.Dispose(); // A plain close, after it has read everything.
            await far.ExpectToEndAsync([]);
        }

        await AssertCleanAsync(topology, 200, 1024 * 1024);
    }

    [Theory]
    [InlineData(Security.Cleartext, 0)]
    [InlineData(Security.Cleartext, 1)]
    [InlineData(Security.Cleartext, 100_000)]
    [InlineData(Security.Tls, 0)]
    [InlineData(Security.Tls, 1)]
    [InlineData(Security.Tls, 100_000)]
    public async Task A_reset_of_the_application_reaches_the_origin_as_a_reset(Security security, int after)
    {
        var (topology, application, far) = await OpenAsync(security);
        using (far)
        {
            await ResetAsync(application, far, after);
        }

        Assert.Equal("reset/downstream", (await topology.Encapsulator.NextAccessAsync()).UpstreamEnd.ToString());
        Assert.Equal("reset/downstream", (await topology.Terminator.NextAccessAsync()).UpstreamEnd.ToString());
    }

    [Theory]
    [InlineData(Security.Cleartext, 0)]
    [InlineData(Security.Cleartext, 1)]
    [InlineData(Security.Cleartext, 100_000)]
    [InlineData(Security.Tls, 0)]
    [InlineData(Security.Tls, 1)]
    [InlineData(Security.Tls, 100_000)]
    public async Task A_reset_of_the_origin_reaches_the_application_as_a_reset(Security security, int after)
    {
        var (topology, application, far) = await OpenAsync(security);
        using (application)
        {
            await ResetAsync(far, application, after);
        }

        Assert.Equal("reset/upstream", (await topology.Encapsulator.NextAccessAsync()).DownstreamEnd.ToString());
        Assert.Equal("reset/upstream", (await topology.Terminator.NextAccessAsync()).DownstreamEnd.ToString());
    }

    [Theory]
    [InlineData(Security.Cleartext, true)]
    [InlineData(Security.Cleartext, false)]
    [InlineData(Security.Tls, true)]
    [InlineData(Security.Tls, false)]
    public async Task A_reset_after_a_half_close_the_other_way_is_a_reset(Security security, bool byApplication)
    {
        var (_, application, far) = await OpenAsync(security);
        var (closer, resetter) = byApplication ? (far, application) : (application, far);
        using (closer)
        {
            await HalfCloseAsync(closer, resetter, 50_000);
            await ResetAsync(resetter, closer, 50_000);
        }
    }

    private async Task<(Topology Topology, Peer Application, Peer Origin)> OpenAsync(Security security)
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address, security));
        var (application, far) = await topology.OpenAsync(origin);

        // An origin that resets before the terminator has seen its dial succeed is one that could not be dialled.
        await topology.Encapsulator.CountsAsync("tunnels.open", 1);
        return (topology, application, far);
    }

    private static async Task HalfCloseAsync(Peer from, Peer to, int size)
    {
        var sent = Payload.Of(size, seed: size);
        var receiving = to.ExpectToEndAsync(sent);
        await from.SendAsync(sent).InTime();
        from.SendFin();
        await receiving;
    }

    private static async Task ResetAsync(Peer from, Peer to, int after)
    {
        var sent = Payload.Of(after, seed: 6);
        var receiving = to.ExpectResetAsync(sent);
        await from.SendAsync(sent).InTime();
        from.Reset();
        await receiving;
    }

    private static async Task AssertCleanAsync(Topology topology, int toUpstream, int toDownstream)
    {
        foreach (var node in new[] { topology.Encapsulator, topology.Terminator })
        {
            var entry = await node.NextAccessAsync();
            Assert.Equal(("clean/downstream", "clean/upstream"), (entry.UpstreamEnd.ToString(), entry.DownstreamEnd.ToString()));
            Assert.Equal((toUpstream, toUpstream), (entry.BytesFromDownstream, entry.BytesToUpstream));
            Assert.Equal((toDownstream, toDownstream), (entry.BytesFromUpstream, entry.BytesToDownstream));
        }
    }
}
