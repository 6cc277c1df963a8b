using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>What a terminator answers to requests that no encapsulator of ours sends.</summary>
public sealed class Statuses : Story
{
    /// <summary>Authorities that are no host and port, and what the log calls them.</summary>
    public static readonly TheoryData<string> BadAuthorities =
    [
        "host.com", "host.com:", "host.com:0", "host.com:65536", "host.com:443:443", "user@host.com:443", "127.1:443", "0x7f000001:443",
        "[::1]", "::1:443", "[::1:443", " host.com:443", "host com:443", "host.com:443/", "http://host.com:443", "host.com:+443", ":443", "-:443",
    ];

    [Theory]
    [MemberData(nameof(BadAuthorities))]
    public async Task A_bad_authority_is_a_400(string authority)
    {
        var (terminator, client) = await StartAsync();

        var stream = client.Open(endStream: false, (":method", "CONNECT"), (":authority", authority));
        var answer = await client.NextOnAsync(stream);

        if (answer.Kind == SessionEventKind.StreamReset)
        {
            Assert.Equal(ErrorCode.ProtocolError, answer.Code); // Not even a field value (RFC 9113 §8.2.1).
            return;
        }

        AssertRefusal(answer, "400", "http_request_error");
        var entry = await terminator.NextAccessAsync();
        Assert.Equal((authority, ConnectFailureReason.BadAuthority), (entry.Authority, entry.FailureReason));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("OPTIONS")]
    public async Task Another_method_is_a_405_with_a_text(string method)
    {
        var (_, client) = await StartAsync();

        var stream = client.Open(
            endStream: true, (":method", method), (":scheme", "http"), (":authority", "host.com"), (":path", "/"));
        var answer = await client.NextOnAsync(stream);
        var body = await client.NextOnAsync(stream);

        Assert.Equal(("405", "CONNECT"), (answer[":status"], answer["allow"]));
        Assert.Equal("text/plain", answer["content-type"]);
        Assert.Contains("CONNECT"u8.ToArray(), body.Data);
    }

    [Fact]
    public async Task A_header_list_over_the_limit_is_a_431()
    {
        var (terminator, client) = await StartAsync();
        var fields = Enumerable.Range(0, 65).Select(i => ($"x-{i}", "v"));

        var stream = client.Open(endStream: false, [(":method", "CONNECT"), (":authority", "host.com:443"), .. fields]);

        AssertRefusal(await client.NextOnAsync(stream), "431", "http_request_error");
        Assert.Equal(1, terminator.Counters.Sum("limits.hit{limit=header-list}"));
        Assert.Equal(ConnectFailureReason.HeaderListTooLarge, (await terminator.NextAccessAsync()).FailureReason);
    }

    [Fact]
    public async Task A_host_field_that_differs_is_a_400()
    {
        var (_, client) = await StartAsync();

        var stream = client.Open(
            endStream: false, (":method", "CONNECT"), (":authority", "host.com:443"), ("host", "other.com:443"));

        AssertRefusal(await client.NextOnAsync(stream), "400", "http_request_error");
    }

    [Fact]
    public async Task No_route_is_a_404()
    {
        var (_, client) = await StartAsync(node => node.WithConnect(listener => listener with
        {
            Routes = [new RouteSettings("host.com:443", "origin")],
        }));

        var stream = client.Open(endStream: false, (":method", "CONNECT"), (":authority", "host.com:444"));

        AssertRefusal(await client.NextOnAsync(stream), "404", "destination_not_found");
    }

    [Theory]
    [InlineData(":path", "/")]
    [InlineData(":scheme", "https")]
    [InlineData(":protocol", "websocket")]
    public async Task A_CONNECT_with_another_pseudo_field_is_malformed(string name, string value)
    {
        var (terminator, client) = await StartAsync();

        var stream = client.Open(endStream: false, (":method", "CONNECT"), (":authority", "host.com:443"), (name, value));
        var answer = await client.NextOnAsync(stream);

        Assert.Equal((SessionEventKind.StreamReset, ErrorCode.ProtocolError, true), (answer.Kind, answer.Code, answer.ByPeer));
        Assert.Empty(terminator.AccessLog);
    }

    [Fact]
    public async Task A_refused_stream_that_its_peer_does_not_end_is_reset_after_a_second_without_an_error()
    {
        var (_, client) = await StartAsync();
        var stream = client.Open(endStream: false, (":method", "CONNECT"), (":authority", "nonsense"));
        AssertRefusal(await client.NextOnAsync(stream), "400", "http_request_error");

        var reset = await client.NextOnAsync(stream);

        Assert.Equal((SessionEventKind.StreamReset, ErrorCode.NoError), (reset.Kind, reset.Code));
    }

    [Fact]
    public async Task A_stream_over_the_limit_is_refused_and_those_below_it_go_on()
    {
        var origin = Own(Origin.Start());
        var terminator = Own(await StoryNode.StartAsync(
            StorySettings.Terminator(origin.Address, Security.Cleartext).WithStreams(2)));
        var streams = new List<int>();
        var client = Own(await Http2Peer.ConnectAsync(
            terminator.AddressOf("connect-in"),
            peer => streams.AddRange([Connect(peer), Connect(peer), Connect(peer)])));
        using var first = await origin.AcceptAsync();
        using var second = await origin.AcceptAsync();

        var reset = await client.NextAsync(SessionEventKind.StreamReset);

        Assert.Equal((streams[2], ErrorCode.RefusedStream), (reset.StreamId, reset.Code));
        client.Send(streams[1], [1, 2, 3], endStream: true);
        await Task.WhenAny(first.ReceiveAsync(3), second.ReceiveAsync(3)).Unwrap();
        Assert.False(origin.HasPending);
    }

    [Fact]
    public async Task A_tunnel_that_its_peer_abandons_while_it_is_dialled_leaves_nothing()
    {
        using var silent = await SilentAddress.StartAsync();
        var terminator = Own(await StoryNode.StartAsync(StorySettings
            .Terminator(silent.Address, Security.Cleartext)
            .WithUpstream(upstream => upstream with { ConnectTimeout = TimeSpan.FromSeconds(3) })));
        var client = Own(await Http2Peer.ConnectAsync(terminator.AddressOf("connect-in")));

        var stream = Connect(client);
        await terminator.CountsAsync("dials.open", 1);
        client.Reset(stream, ErrorCode.Cancel);

        var entry = await terminator.NextAccessAsync();
        Assert.Equal((null, ConnectFailureReason.Abandoned), (entry.Status, entry.FailureReason));
        Assert.Equal("reset/downstream", entry.UpstreamEnd.ToString());
    }

    [Fact]
    public async Task Bytes_that_come_before_the_200_reach_the_origin_behind_it()
    {
        var origin = Own(Origin.Start());
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, Security.Cleartext)));
        var client = Own(await Http2Peer.ConnectAsync(terminator.AddressOf("connect-in")));
        var early = Payload.Of(50_000, seed: 8);

        client.Send(Connect(client), early, endStream: true);

        using var far = await origin.AcceptAsync();
        await far.ExpectToEndAsync(early);
    }

    private static int Connect(Http2Peer client) =>
        client.Open(endStream: false, (":method", "CONNECT"), (":authority", "host.com:443"));

    private async Task<(StoryNode Terminator, Http2Peer Client)> StartAsync(Func<NodeSettings, NodeSettings>? change = null)
    {
        var settings = StorySettings.Terminator(StorySettings.Loopback(1), Security.Cleartext);
        var terminator = Own(await StoryNode.StartAsync(change?.Invoke(settings) ?? settings));
        return (terminator, Own(await Http2Peer.ConnectAsync(terminator.AddressOf("connect-in"))));
    }

    private static void AssertRefusal(PeerEvent answer, string status, string type)
    {
        Assert.Equal(SessionEventKind.HeadersReceived, answer.Kind);
        Assert.Equal(status, answer[":status"]);
        Assert.StartsWith($"terminator; error={type}; details=\"", answer["proxy-status"], StringComparison.Ordinal);
        Assert.True(answer.EndStream);
    }
}
