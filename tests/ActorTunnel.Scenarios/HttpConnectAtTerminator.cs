using System.Net.Security;
using System.Text;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Scenarios.Support;
using static ActorTunnel.Scenarios.Support.ProxyClient;

namespace ActorTunnel.Scenarios;

/// <summary>A client that knows only HTTP proxies asks the terminator itself with HTTP/1.1 CONNECT, on the listener that serves HTTP/2.</summary>
public sealed class HttpConnectAtTerminator : Story
{
    [Fact]
    public async Task The_tunnel_begins_behind_the_answer_and_the_logs_tell_of_it()
    {
        var (terminator, origin) = await StartAsync();
        using var client = await Peer.ConnectAsync(Entrance(terminator));

        await client.SendAsync(Ascii(Request));
        using var far = await origin.AcceptAsync();
        await far.SendAsync(Ascii("hello"));
        far.SendFin();
        Assert.Equal(Established + "hello", await client.TextToEndAsync());
        await client.SendAsync(Ascii("bye"));
        client.SendFin();
        await far.ExpectToEndAsync(Ascii("bye"));

        var access = await terminator.NextAccessAsync();
        Assert.Equal(("a.example:8443", 200, 1), (access.Authority, access.Status, access.StreamId));
        Assert.Equal((3, 5), (access.BytesFromDownstream, access.BytesToDownstream));
        Assert.Equal(("clean/downstream", "clean/upstream"), (access.UpstreamEnd.ToString(), access.DownstreamEnd.ToString()));
        var session = Assert.Single(terminator.SessionLog);
        Assert.Equal((access.Session, "http/1.1", "cleartext"), (session.Session, session.Protocol, session.Security));
        Assert.Equal(client.Socket.LocalEndPoint, access.DownstreamRemote);
        Assert.Equal(1, terminator.Counters.Sum("tunnels.opened"));
        await terminator.CountsAsync("sessions.open", 0);
        Assert.Equal(0, terminator.Counters.Sum("sessions.lost"));
    }

    [Fact]
    public async Task With_TLS_it_is_what_ALPN_says()
    {
        var (terminator, origin) = await StartAsync(Security.Tls);
        using var client = await TlsPeer.ConnectAsync(Entrance(terminator), SslApplicationProtocol.Http11);

        await client.SendAsync(Ascii(Request + "early"));
        using var far = await origin.AcceptAsync();
        Assert.Equal("early", Encoding.ASCII.GetString(await far.ReceiveAsync(5)));
        await far.SendAsync(Ascii("hello"));
        far.SendFin();

        var (bytes, end) = await TogetherAsync(client.ReceiveToEndAsync(), client.SendEndAsync());
        Assert.Equal((Established + "hello", PeerEnd.Fin), (Encoding.ASCII.GetString(bytes), end));
        await far.ExpectToEndAsync([]);
        await terminator.NextAccessAsync();
        var session = Assert.Single(terminator.SessionLog);
        Assert.Equal("http/1.1", session.Protocol);
        Assert.Contains("1.3", session.Security, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_offers_both_is_given_HTTP_2()
    {
        var (terminator, _) = await StartAsync(Security.Tls);
        using var client = await TlsPeer.ConnectAsync(Entrance(terminator), SslApplicationProtocol.Http11, SslApplicationProtocol.Http2);
        Assert.Equal("h2", client.Protocol);
    }

    /// <summary>curl, for one, offers nothing to a proxy when it wants a page in cleartext.</summary>
    [Fact]
    public async Task A_client_without_ALPN_speaks_HTTP_1()
    {
        var (terminator, origin) = await StartAsync(Security.Tls);
        using var client = await TlsPeer.ConnectAsync(Entrance(terminator));
        await client.SendAsync(Ascii(Request));
        using var far = await origin.AcceptAsync();
        Assert.Equal(Established, Encoding.ASCII.GetString(await client.ReceiveAsync(Established.Length)));
        await PassAsync(far, client, Ascii("hello"));
        await PassAsync(client, far, Ascii("bye"));
    }

    [Fact]
    public async Task A_client_that_offers_only_other_protocols_is_refused()
    {
        var (terminator, _) = await StartAsync(Security.Tls);

        await Assert.ThrowsAnyAsync<Exception>(() => TlsPeer.ConnectAsync(Entrance(terminator), new SslApplicationProtocol("h3")));

        await terminator.LoggedAsync("TLS handshake failed");
        Assert.Empty(terminator.SessionLog);
    }

    [Theory]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task Both_protocols_are_served_on_one_listener_at_once(Security security)
    {
        var origin = Own(Origin.Echo());
        var topology = Own(await Topology.StartAsync(origin.Address, security));
        topology.HasOtherClients = true;
        var sent = Payload.Of(300_000, seed: 31);

        async Task ThroughTheEncapsulatorAsync()
        {
            using var client = await Peer.ConnectAsync(topology.Entrance);
            await PassAsync(client, client, sent);
        }

        async Task AtTheTerminatorAsync()
        {
            using var client = await OpenAsync(topology.Terminator, security);
            await PassAsync(client, client, sent);
        }

        await Task.WhenAll(Enumerable.Range(0, 3).SelectMany(_ => new[] { ThroughTheEncapsulatorAsync(), AtTheTerminatorAsync() }));
        await topology.Terminator.CountsAsync("tunnels.opened", 6);
        Assert.Contains(topology.Terminator.SessionLog, session => session.Protocol == "h2");
        Assert.Equal(3, topology.Terminator.SessionLog.Count(session => session.Protocol == "http/1.1"));
    }

    [Theory]
    [InlineData("GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", "405 Method Not Allowed", ConnectFailureReason.MethodNotAllowed)]
    [InlineData("CONNECT a.example HTTP/1.1\r\nHost: a.example\r\n\r\n", "400 Bad Request", ConnectFailureReason.BadAuthority)]
    [InlineData("CONNECT a.example:1 HTTP/1.1\nHost: a.example:1\n\n", "400 Bad Request", ConnectFailureReason.BadAuthority)]
    [InlineData("CONNECT a.example:1 HTTP/1.1\r\nHost: b.example:1\r\n\r\n", "400 Bad Request", ConnectFailureReason.BadAuthority)]
    [InlineData("CONNECT a.example:1 HTTP/2.0\r\nHost: a.example:1\r\n\r\n", "505 HTTP Version Not Supported", ConnectFailureReason.BadAuthority)]
    [InlineData("CONNECT other.example:1 HTTP/1.1\r\nHost: other.example:1\r\n\r\n", "404 Not Found", ConnectFailureReason.NoRoute)]
    public async Task What_cannot_be_served_gets_its_status_and_a_clean_end(string request, string status, ConnectFailureReason reason)
    {
        var (terminator, origin) = await StartAsync(change: node => node.WithConnect(connect => connect with
        {
            Routes = [new RouteSettings("a.example", "origin")],
        }));
        using var client = await Peer.ConnectAsync(Entrance(terminator));

        await client.SendAsync(Ascii(request + "and what comes behind it"));

        var answer = await client.TextToEndAsync();
        Assert.StartsWith($"HTTP/1.1 {status}\r\nproxy-status: terminator; error=", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nconnection: close\r\n", answer, StringComparison.Ordinal);
        Assert.Equal(reason == ConnectFailureReason.MethodNotAllowed, answer.Contains("\r\nallow: CONNECT\r\n", StringComparison.Ordinal));
        client.SendFin();
        var access = await terminator.NextAccessAsync();
        Assert.Equal((reason, int.Parse(status[..3], null)), (access.FailureReason, access.Status));
        Assert.Equal(1, terminator.Counters.Sum("tunnels.failed"));
        Assert.False(origin.HasPending);
    }

    [Theory]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task A_destination_that_refuses_is_a_502(Security security)
    {
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(StorySettings.Loopback(1), security)));

        using var client = await ConnectAsync(terminator, security);
        await client.SendAsync(Ascii(Request));
        var answer = await client.TextToEndAsync();
        await client.SendEndAsync();

        Assert.StartsWith(
            "HTTP/1.1 502 Bad Gateway\r\nproxy-status: terminator; error=connection_refused;", answer, StringComparison.Ordinal);
        Assert.Equal(ConnectFailureReason.ConnectionRefused, (await terminator.NextAccessAsync()).FailureReason);
    }

    [Fact]
    public async Task A_head_over_the_limit_is_a_431_and_counted()
    {
        var (terminator, _) = await StartAsync();
        using var client = await Peer.ConnectAsync(Entrance(terminator));

        await client.SendAsync(Ascii(Request[..^2] + "x: " + new string('y', 16 * 1024)));

        Assert.StartsWith("HTTP/1.1 431 ", await client.TextToEndAsync(), StringComparison.Ordinal);
        Assert.Equal(1, terminator.Counters.Sum("limits.hit{limit=header-list}"));
        client.SendFin();
    }

    [Fact]
    public async Task A_client_without_a_certificate_is_refused_where_one_is_required()
    {
        var (terminator, origin) = await StartAsync(Security.MutualTls);
        using var client = await TlsPeer.ConnectAsync(Entrance(terminator), SslApplicationProtocol.Http11);

        await terminator.LoggedAsync("listener connect-in refused a client: ");
        await terminator.LoggedAsync("TLS handshake failed");
        Assert.Empty(terminator.SessionLog);
        Assert.False(origin.HasPending);
    }

    [Fact]
    public async Task HTTP_1_may_be_turned_off()
    {
        var (terminator, _) = await StartAsync(Security.Tls, node => node.WithConnect(connect => connect with { Http1 = false }));

        await Assert.ThrowsAnyAsync<Exception>(() => TlsPeer.ConnectAsync(Entrance(terminator), SslApplicationProtocol.Http11));

        await terminator.LoggedAsync("TLS handshake failed");
        Assert.Empty(terminator.SessionLog);
    }

    [Fact]
    public async Task A_PROXY_header_comes_before_the_request()
    {
        var (terminator, origin) = await StartAsync(change: node => node.WithConnect(connect => connect with
        {
            ProxyProtocol = AcceptProxyProtocol.Require,
        }));
        using var client = await Peer.ConnectAsync(Entrance(terminator));

        await client.SendAsync(Ascii("PROXY TCP4 192.0.2.7 192.0.2.9 7000 9000\r\n" + Request + "early"));
        client.SendFin();
        using var far = await origin.AcceptAsync();
        await far.ExpectToEndAsync(Ascii("early"));
        far.SendFin();

        Assert.Equal(Established, await client.TextToEndAsync());
        Assert.Equal("192.0.2.7:7000", (await terminator.NextAccessAsync()).DownstreamRemote!.ToString());
    }

    private async Task<(StoryNode Terminator, Origin Origin)> StartAsync(
        Security security = Security.Cleartext, Func<NodeSettings, NodeSettings>? change = null)
    {
        var origin = Own(Origin.Start());
        var settings = StorySettings.Terminator(origin.Address, security);
        return (Own(await StoryNode.StartAsync(change?.Invoke(settings) ?? settings)), origin);
    }

    private static System.Net.IPEndPoint Entrance(StoryNode terminator) => terminator.AddressOf("connect-in");

    private static async Task<T> TogetherAsync<T>(Task<T> first, Task second)
    {
        await second;
        return await first;
    }
}
