using System.Net;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Scenarios.Support;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios;

/// <summary>
/// What a node lets its peer send on the connection (RFC 9113 §6.9) is, after any history, exactly what it was. An octet that were counted twice or forgotten
/// would be missing from the window for ever, and after enough of them the session would stand still.
/// <para>
/// The window comes back in steps: a node keeps an update to itself until it is worth a quarter of the window. So the peer first finds less than a quarter
/// missing, then sends exactly what makes it a quarter, and then has the whole window. The node's budget is no larger than that: payload that
/// stayed on its account would be missing, too.
/// </para>
/// </summary>
public sealed class ConnectionWindow(ITestOutputHelper output) : Story
{
    private const int StreamWindow = 64 * 1024;
    private const int Full = 4 * StreamWindow;
    private const int LowWindow = Full * 3 / 4; // With all read, less than a quarter is missing.
    private const int SmallBuffer = 16 * 1024;
    private const int Octets = 8 * 1024 * 1024;
    private const long ManyOctets = 1L << 30;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task After_any_history_of_padding_resets_and_unread_data_a_terminator_grants_exactly_its_window_again(int seed) =>
        (await AtTerminatorAsync(seed, Octets)).AssertRich();

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task After_any_history_of_padding_resets_and_unread_data_an_encapsulator_grants_exactly_its_window_again(int seed) =>
        (await AtEncapsulatorAsync(seed, Octets)).AssertRich();

    [FullSizeFact("1 GiB takes minutes")]
    public async Task After_1_GiB_a_terminator_grants_exactly_its_window_again() => (await AtTerminatorAsync(7, ManyOctets)).AssertRich();

    [FullSizeFact("1 GiB takes minutes")]
    public async Task After_1_GiB_an_encapsulator_grants_exactly_its_window_again() => (await AtEncapsulatorAsync(8, ManyOctets)).AssertRich();

    private static Http2Settings Small(Http2Settings http2) => http2 with { StreamWindow = StreamWindow, MaxStreamWindow = StreamWindow, ReceiveBudget = Full };

    private async Task<Tally> AtTerminatorAsync(int seed, long octets)
    {
        var origin = Own(Origin.Start(SmallBuffer));
        var settings = StorySettings.Terminator(origin.Address, Security.Cleartext).WithConnect(listener => listener with
        {
            Routes = [new RouteSettings("origin.test", "origin"), new RouteSettings("closed.test", "closed")],
            Http2 = Small(listener.Http2),
        });
        var closed = settings.Upstreams[0] with
        {
            Name = "closed",
            Endpoints = [new EndpointAddress(IPAddress.Loopback.ToString(), FreePort.Take())],
        };
        var node = Own(await StoryNode.StartAsync(settings with { Upstreams = [.. settings.Upstreams, closed] }));
        var peer = Own(await WindowPeer.ConnectAsync(node.AddressOf("connect-in")));
        var history = new WindowHistory(
            peer,
            random =>
            {
                peer.Open(random.Next(10) switch { 0 => "closed.test:443", 1 => "nowhere.test:443", _ => "origin.test:443" });
                return Task.FromResult<Peer?>(null);
            },
            async () => origin.HasPending ? await origin.AcceptAsync() : null,
            seed);
        await history.RunAsync(octets, LowWindow);
        await history.EndAllAsync(node);

        var last = peer.Open("origin.test:443");
        using var far = await origin.AcceptAsync();
        return await ExpectExactlyBackAsync(node, peer, history, last, far);
    }

    private async Task<Tally> AtEncapsulatorAsync(int seed, long octets)
    {
        var door = Own(Origin.Start());
        var node = Own(await StoryNode.StartAsync(StorySettings.Encapsulator(Security.Cleartext, door.Address)
            .WithUpstream(upstream => upstream with { MaxSessionsPerEndpoint = 1, Http2 = Small(upstream.Http2) })));
        using var first = await Peer.ConnectAsync(node.AddressOf("tunnel-in"));
        var peer = Own(await WindowPeer.AcceptAsync(await door.AcceptAsync()));
        var history = new WindowHistory(
            peer, async _ => await Peer.ConnectAsync(node.AddressOf("tunnel-in"), SmallBuffer), () => Task.FromResult<Peer?>(null), seed);
        await history.RunAsync(octets, LowWindow);
        first.Reset();
        await history.EndAllAsync(node);
        Assert.False(door.HasPending);

        using var application = await Peer.ConnectAsync(node.AddressOf("tunnel-in"));
        await Eventually.TrueAsync(() => peer.Unanswered.Count == 1, () => "no last tunnel was asked for");
        var last = peer.Unanswered[0];
        peer.Answer(last, refuse: false);
        return await ExpectExactlyBackAsync(node, peer, history, last, application);
    }

    /// <summary>On one more tunnel, which its TCP side resets: what is sent on it then is dropped, and only the connection counts it.</summary>
    private async Task<Tally> ExpectExactlyBackAsync(StoryNode node, WindowPeer peer, WindowHistory history, WindowStream last, Peer tcp)
    {
        var tally = new Tally(peer.Sent, peer.Padding, peer.SentOnReset, history.LowestWindow, history.ResetsByPeer, history.ResetsByTcp, history.HalfCloses);
        output.WriteLine(tally.ToString());
        await node.CountsAsync("tunnels.open", 1);
        tcp.Reset();
        await Eventually.TrueAsync(() => last.ResetByNode, () => "the last tunnel was not reset");
        await peer.PingAsync();
        Assert.InRange(Full - peer.Window, 0, (Full / 4) - 1);

        for (var missing = peer.Window - (Full * 3 / 4); missing > 0;)
        {
            var sent = peer.SendData(last, (int)missing, padding: null, end: false);
            Assert.True(sent > 0, "there is no room left");
            missing -= sent;
        }

        await peer.PingAsync();
        Assert.Null(peer.Complaint);
        Assert.Equal(Full, peer.Window);
        return tally;
    }

    /// <summary>What a history had in it.</summary>
    private sealed record Tally(
        long Sent, long Padding, long SentOnReset, long LowestWindow, int ResetsByPeer, int ResetsByTcp, int HalfCloses)
    {
        /// <summary>A history without one of these would show nothing about it.</summary>
        public void AssertRich()
        {
            Assert.InRange(Padding, Sent / 1_000, Sent);
            Assert.InRange(SentOnReset, Sent / 200, Sent);
            Assert.InRange(LowestWindow, 0, LowWindow);
            Assert.True(ResetsByPeer >= 10 && ResetsByTcp >= 3 && HalfCloses >= 10, ToString());
        }
    }
}
