using ActorTunnel.Http2.Buffers;
using ActorTunnel.Scenarios.Support;
using static ActorTunnel.Scenarios.Support.ProxyClient;

namespace ActorTunnel.Scenarios;

/// <summary>How tunnels of HTTP/1.1 clients end at a terminator: each direction on its own, and no truncated transfer looks complete.</summary>
public sealed class HttpConnectEnds : Story
{
    private static readonly TimeSpan Long = Eventually.Patience;
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    /// <summary>Around the size of a record, and beyond every window.</summary>
    public static readonly TheoryData<Security, bool, int> Sizes = new()
    {
        { Security.Cleartext, true, 0 },
        { Security.Cleartext, false, 0 },
        { Security.Cleartext, true, 16_384 },
        { Security.Cleartext, false, 1024 * 1024 },
        { Security.Tls, true, 0 },
        { Security.Tls, false, 0 },
        { Security.Tls, true, 16_384 },
        { Security.Tls, false, 16_385 },
        { Security.Tls, true, 1024 * 1024 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task A_half_close_leaves_the_other_side_its_direction(Security security, bool clientFirst, int size)
    {
        var (terminator, client, far) = await StartAsync(security);
        using (client)
        using (far)
        {
            var (first, second) = clientFirst ? (client, (IProxyClient)far) : (far, client);
            await PassAsync(first, second, Payload.Of(size, seed: 1));
            await PassAsync(second, first, Payload.Of(size, seed: 2));
        }

        var entry = await terminator.NextAccessAsync();
        Assert.Equal(("clean/downstream", "clean/upstream"), (entry.UpstreamEnd.ToString(), entry.DownstreamEnd.ToString()));
        Assert.Equal((size, size), (entry.BytesToUpstream, entry.BytesToDownstream));
    }

    [Theory]
    [InlineData(Security.Cleartext, 0)]
    [InlineData(Security.Cleartext, 100_000)]
    [InlineData(Security.Tls, 0)]
    [InlineData(Security.Tls, 100_000)]
    public async Task A_reset_of_the_client_reaches_the_origin_as_a_reset(Security security, int after)
    {
        var (terminator, client, far) = await StartAsync(security);
        using (far)
        {
            await CutAsync(client, far, Payload.Of(after, seed: 3));
        }

        var entry = await terminator.NextAccessAsync();
        Assert.Equal(("reset/downstream", "reset/downstream"), (entry.UpstreamEnd.ToString(), entry.DownstreamEnd.ToString()));
    }

    [Theory]
    [InlineData(Security.Cleartext, 0)]
    [InlineData(Security.Cleartext, 100_000)]
    [InlineData(Security.Tls, 0)]
    [InlineData(Security.Tls, 100_000)]
    public async Task A_reset_of_the_origin_reaches_the_client_as_a_reset(Security security, int after)
    {
        var (terminator, client, far) = await StartAsync(security);
        using (client)
        {
            await CutAsync(far, client, Payload.Of(after, seed: 4));
        }

        var entry = await terminator.NextAccessAsync();
        Assert.Equal(("reset/upstream", "reset/upstream"), (entry.UpstreamEnd.ToString(), entry.DownstreamEnd.ToString()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    public async Task A_TLS_connection_that_ends_without_close_notify_is_a_reset_for_the_origin(int after)
    {
        var (terminator, client, far) = await StartAsync(Security.Tls);
        using (client)
        using (far)
        {
            await CutAsync(client, far, Payload.Of(after, seed: 5), ((TlsPeer)client).Cut);
        }

        Assert.Equal("reset/downstream", (await terminator.NextAccessAsync()).UpstreamEnd.ToString());
    }

    [Theory]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task An_answer_is_delivered_whole_though_its_origin_then_resets_the_upload(Security security)
    {
        var (terminator, client, far) = await StartAsync(security);
        using (client)
        {
            var answer = Payload.Of(1024 * 1024, seed: 6);
            await PassAsync(far, client, answer);
            await client.SendAsync(new byte[] { 1 });
            await far.ReceiveAsync(1);
            far.Reset();
            await client.SendAsync(new byte[] { 2 }); // Nobody reads from the origin any more, so this is what finds out.

            var entry = await terminator.NextAccessAsync();
            Assert.Equal(("reset/upstream", "clean/upstream"), (entry.UpstreamEnd.ToString(), entry.DownstreamEnd.ToString()));
        }
    }

    [Fact]
    public async Task A_client_that_goes_away_while_its_origin_is_dialled_leaves_nothing()
    {
        using var silent = await SilentAddress.StartAsync();
        var terminator = Own(await StoryNode.StartAsync(StorySettings
            .Terminator(silent.Address, Security.Cleartext)
            .WithUpstream(upstream => upstream with { ConnectTimeout = TimeSpan.FromSeconds(3) })));
        var client = await ConnectAsync(terminator, Security.Cleartext);
        await client.SendAsync(Ascii(Request));
        await terminator.CountsAsync("dials.open", 1);

        client.Reset();

        var entry = await terminator.NextAccessAsync();
        Assert.Equal((null, "reset/downstream"), (entry.Status, entry.UpstreamEnd.ToString()));
    }

    [Theory]
    [InlineData(Security.Cleartext, true)]
    [InlineData(Security.Cleartext, false)]
    [InlineData(Security.Tls, true)]
    public async Task A_reader_that_stalls_stops_the_writer_and_holds_little(Security security, bool originStalls)
    {
        const int SmallBuffer = 16 * 1024;
        var origin = Own(Origin.Start(SmallBuffer));
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, security)));
        using var client = security == Security.Tls
            ? await OpenAsync(terminator, security)
            : await Peer.ConnectAsync(terminator.AddressOf("connect-in"), SmallBuffer);
        if (client is Peer)
        {
            await client.SendAsync(Ascii(Request));
            await client.ReceiveAsync(Established.Length);
        }

        using var far = await origin.AcceptAsync();
        var sent = Payload.Of(32 * 1024 * 1024, seed: 7);
        var (writer, reader) = originStalls ? (client, (IProxyClient)far) : (far, client);
        var writing = writer.SendAsync(sent);
        await Task.WhenAny(writing, Task.Delay(TimeSpan.FromMilliseconds(800)));
        await Eventually.TrueAsync(() => terminator.Pool.OutstandingBytes > 0, () => "nothing of it came to the terminator");

        Assert.False(writing.IsCompleted);
        Assert.InRange(terminator.Pool.OutstandingBytes, 1, 6 * BufferPool.BlockSize);
        var receiving = reader.ReceiveToEndAsync();
        await writing.InTime();
        await writer.SendEndAsync();
        var (received, end) = await receiving;
        Assert.Equal(PeerEnd.Fin, end);
        Assert.True(sent.AsSpan().SequenceEqual(received));
        await reader.SendEndAsync();
    }

    [Theory]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task A_drain_lets_a_tunnel_finish(Security security)
    {
        var (terminator, client, far) = await StartAsync(security);
        using (client)
        using (far)
        {
            await client.SendAsync(new byte[] { 1, 2, 3 });
            await far.ReceiveAsync(3);
            var draining = terminator.StopAsync(Long);
            await Eventually.TrueAsync(
                () => !OpenSockets.IsListening(terminator.AddressOf("connect-in").Port), () => "it still listens");

            await PassAsync(client, far, Payload.Of(100_000, seed: 8));
            Assert.False(draining.IsCompleted);
            await PassAsync(far, client, Payload.Of(100_000, seed: 9));

            Assert.True(await draining);
        }
    }

    [Theory]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task A_drain_resets_what_is_left_at_its_deadline(Security security)
    {
        var (terminator, client, far) = await StartAsync(security);
        using (client)
        using (far)
        {
            var draining = terminator.StopAsync(Short);

            Assert.Equal(PeerEnd.Reset, (await client.ReceiveToEndAsync()).End);
            Assert.Equal(PeerEnd.Reset, (await far.ReceiveToEndAsync()).End);
            Assert.False(await draining);
            var entry = await terminator.NextAccessAsync();
            Assert.Equal(("reset/us:drain", "reset/us:drain"), (entry.UpstreamEnd.ToString(), entry.DownstreamEnd.ToString()));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("C")]
    [InlineData("CONNECT a.example:1 HTTP/1.1\r\nHost: a.exa")]
    public async Task A_drain_drops_who_has_not_asked_yet(string begun)
    {
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(StorySettings.Loopback(1), Security.Cleartext)));
        using var client = await ConnectAsync(terminator, Security.Cleartext);
        await client.SendAsync(Ascii(begun));
        await terminator.CountsAsync("connections.open", 1);

        var draining = terminator.StopAsync(Long);

        Assert.Equal(PeerEnd.Reset, (await client.ReceiveToEndAsync()).End);
        Assert.True(await draining);
        Assert.Empty(terminator.AccessLog);
    }

    [Theory]
    [InlineData(Security.Cleartext, "")]
    [InlineData(Security.Cleartext, "CONNECT a.example:1 HTTP/1.1\r\nHost: a.exa")]
    [InlineData(Security.Tls, "CONNECT a.example:1 HTTP/1.1\r\nHost: a.exa")]
    public async Task A_request_that_does_not_come_in_time_ends_the_connection(Security security, string begun)
    {
        var terminator = Own(await StoryNode.StartAsync(StorySettings
            .Terminator(StorySettings.Loopback(1), security)
            .WithConnect(connect => connect with { Http2 = connect.Http2 with { HandshakeTimeout = TimeSpan.FromSeconds(3) } })));
        using var client = await ConnectAsync(terminator, security);
        if (begun.Length > 0)
        {
            await client.SendAsync(Ascii(begun));
        }

        Assert.Equal(PeerEnd.Reset, (await client.ReceiveToEndAsync()).End);
        await terminator.LoggedAsync("the handshake took too long");
        Assert.Empty(terminator.SessionLog);
    }

    [Fact]
    public async Task Silent_connections_hold_no_buffer()
    {
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(StorySettings.Loopback(1), Security.Tls)));
        var silent = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Peer.ConnectAsync(terminator.AddressOf("connect-in"))));

        await terminator.CountsAsync("connections.open", 20);

        Assert.Equal(0, terminator.Pool.Rented);
        Array.ForEach(silent, client => client.Dispose());
        await terminator.CountsAsync("connections.open", 0);
    }

    private async Task<(StoryNode Terminator, IProxyClient Client, Peer Origin)> StartAsync(Security security)
    {
        var origin = Own(Origin.Start());
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, security)));
        var client = await OpenAsync(terminator, security);
        return (terminator, client, await origin.AcceptAsync());
    }
}
