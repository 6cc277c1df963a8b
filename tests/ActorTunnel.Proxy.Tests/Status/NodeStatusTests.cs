using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Proxy.Telemetry;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Status;

public sealed class NodeStatusTests() : TestKit("akka.loglevel = OFF"), IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly Meter _meter = new("status");
    private readonly List<ProxyNode> _nodes = [];
    private Func<string, Task<IPAddress[]>> _lookup = _ => throw new SocketException((int)SocketError.HostNotFound);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DrainAsync(TimeSpan.Zero);
        }

        _meter.Dispose();
    }

    [Fact]
    public async Task Listeners_come_in_the_order_of_the_configuration_with_their_real_ports()
    {
        var node = await StartAsync(Origin(UpstreamType.Static, "127.0.0.1"), Connect("z"), Connect("a"));

        var answer = await node.Status.GetListenersAsync(Deadline);

        Assert.Equal(["z", "a"], answer.Items.Select(listener => listener.Name));
        Assert.Equal(
            new ListenerStatus("z", ListenerRole.Connect, node.Bound["z"], ListenerState.Accepting, Tls: false, 0, 50_000, 0), answer.Items[0]);
        Assert.Equal((2, 0), (answer.Total, answer.Silent.Length));
    }

    private static HeaderTemplate Template(string text) =>
        HeaderTemplate.TryParse(text, new HeaderTemplateConstants("node", _ => null), out var template, out _) ? template : throw new ArgumentException(text);

    [Fact]
    public async Task An_accepted_session_is_shown_before_its_handshake_and_counted()
    {
        var node = await StartAsync(Origin(UpstreamType.Static, "127.0.0.1"), Connect("in"));
        using var peer = new TcpClient(AddressFamily.InterNetwork);
        await peer.ConnectAsync(node.Bound["in"]);

        var answer = await UntilAsync(() => node.Status.GetSessionsAsync(10, Deadline), answer => answer.Items.Length > 0);

        var session = Assert.Single(answer.Items);
        Assert.Equal(
            ("listeners/in/connection-1/session", SessionOpener.Peer, "in", SessionState.Handshaking, "cleartext"),
            (session.Name, session.OpenedBy, session.Owner, session.State, session.Security));
        Assert.Equal((node.Bound["in"], (IPEndPoint)peer.Client.LocalEndPoint!), (session.Local, session.Remote));
        Assert.Equal((0, (long?)null, (long?)null), (session.OpenTunnels, session.MaxTunnels, session.PeerLimit));
        Assert.Null(session.Protocol);
        Assert.Equal(1, answer.Total);
    }

    [Theory]
    [InlineData("PRI ", "h2", 1_000)]
    [InlineData("CONNECT ", "http/1.1", 1)]
    public async Task What_an_accepted_session_speaks_is_shown_once_its_first_bytes_say_so(string first, string protocol, long maxTunnels)
    {
        var node = await StartAsync(Origin(UpstreamType.Static, "127.0.0.1"), Connect("in"));
        using var peer = new TcpClient(AddressFamily.InterNetwork);
        await peer.ConnectAsync(node.Bound["in"]);
        await peer.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(first));

        var answer = await UntilAsync(() => node.Status.GetSessionsAsync(10, Deadline), answer => answer.Items is [{ Protocol: not null }]);

        Assert.Equal((protocol, maxTunnels, SessionState.Handshaking), (answer.Items[0].Protocol, answer.Items[0].MaxTunnels, answer.Items[0].State));
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_leaves_an_upstream_without_endpoints_and_says_why()
    {
        var node = await StartAsync(Origin(UpstreamType.StrictDns, "nowhere.example"), Connect("in"));

        var answer = await UntilAsync(() => node.Status.GetUpstreamsAsync(Deadline), answer => answer.Items[0].Dns!.Names[0].Failure is not null);

        var upstream = Assert.Single(answer.Items);
        Assert.Empty(upstream.Endpoints);
        var name = Assert.Single(upstream.Dns!.Names);
        Assert.Equal(("nowhere.example", "HostNotFound", (TimeSpan?)null), (name.Name, name.Failure, name.AnswerAge));
        Assert.Empty(name.Addresses);
    }

    [Fact]
    public async Task Each_address_of_a_name_is_an_endpoint_and_its_answer_has_an_age()
    {
        IPAddress[] addresses = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2")];
        _lookup = _ => Task.FromResult(addresses);
        var node = await StartAsync(Origin(UpstreamType.StrictDns, "two.example"), Connect("in"));

        var answer = await UntilAsync(() => node.Status.GetUpstreamsAsync(Deadline), answer => answer.Items[0].Endpoints.Length > 0);

        var upstream = Assert.Single(answer.Items);
        Assert.Equal(["192.0.2.1:8443", "192.0.2.2:8443"], upstream.Endpoints.Select(endpoint => endpoint.Address.ToString()));
        Assert.All(upstream.Endpoints, endpoint => Assert.Equal((EndpointState.Idle, 0), (endpoint.State, endpoint.Load)));
        var name = Assert.Single(upstream.Dns!.Names);
        Assert.Equal(addresses, name.Addresses);
        Assert.NotNull(name.AnswerAge);
    }

    [Fact]
    public async Task A_terminator_that_refuses_connections_is_in_backoff_and_its_tunnel_is_gone()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        var upstream = new UpstreamSettings
        {
            Name = "far",
            Protocol = UpstreamProtocol.Http2,
            Endpoints = [new EndpointAddress("127.0.0.1", port)],
            MinBackoff = TimeSpan.FromMinutes(1),
            MaxBackoff = TimeSpan.FromMinutes(1),
        };
        var listener = new TunnelListenerSettings { Name = "in", Bind = Free, Upstream = "far", Authority = Template("host.com:443") };
        var node = await StartAsync(upstream, listener);
        using var application = new TcpClient();
        await application.ConnectAsync(node.Bound["in"]);

        var answer = await UntilAsync(
            () => node.Status.GetUpstreamsAsync(Deadline), answer => answer.Items[0].Endpoints[0].State == EndpointState.Backoff);

        var endpoint = Assert.Single(answer.Items[0].Endpoints);
        Assert.InRange(endpoint.BackoffLeft, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(72));
        var tunnels = await UntilAsync(() => node.Status.GetTunnelsAsync(10, Deadline), answer => answer.Total == 0);
        Assert.Empty(tunnels.Items);
    }

    [Fact]
    public async Task The_tree_hides_children_past_the_limit_and_says_how_many()
    {
        var node = await StartAsync(Origin(UpstreamType.Static, "127.0.0.1"), Connect("aa"), Connect("bb"), Connect("cc"));

        var tree = node.Status.GetActors(2);

        // Akka has actors of its own below user, so not all names are ours.
        var all = node.Status.GetActors(1_000).Children.Single(actor => actor.Name == "listeners");
        Assert.Equal("user", tree.Name);
        Assert.Equal(["aa", "bb", "cc"], all.Children.Select(actor => actor.Name));
        Assert.All(all.Children, actor => Assert.Equal("ListenerActor", actor.Kind));
        Assert.All(Flat(tree), actor => Assert.InRange(actor.Children.Length, 0, 2));
        Assert.Contains(Flat(tree), actor => actor.Hidden > 0);
    }

    [Fact]
    public async Task A_drained_node_says_so()
    {
        var node = await StartAsync(Origin(UpstreamType.Static, "127.0.0.1"), Connect("in"));
        var before = node.Status.IsDraining;

        await node.DrainAsync(TimeSpan.Zero);

        Assert.False(before);
        Assert.True(node.Status.IsDraining);
        Assert.Equal(ListenerState.Draining, Assert.Single((await node.Status.GetListenersAsync(Deadline)).Items).State);
    }

    private static IPEndPoint Free => new(IPAddress.Loopback, 0);

    private static ConnectListenerSettings Connect(string name) => new() { Name = name, Bind = Free, Routes = [new RouteSettings("*", "origin")] };

    private static UpstreamSettings Origin(UpstreamType type, string host) =>
        new() { Name = "origin", Type = type, Endpoints = [new EndpointAddress(host, 8443)] };

    private static IEnumerable<ActorNode> Flat(ActorNode actor) => actor.Children.SelectMany(Flat).Prepend(actor);

    private async Task<ProxyNode> StartAsync(UpstreamSettings upstream, params ListenerSettings[] listeners)
    {
        var settings = new NodeSettings { Name = "node", Listeners = [.. listeners], Upstreams = [upstream] };
        var environment = new ProxyEnvironment(new BufferPool(), new ProxyMeters(_meter), TimeProvider.System, _ => { }, _ => { })
        {
            Lookup = (name, _) => _lookup(name),
        };
        var node = Assert.IsType<ProxyStart.Started>(await ProxyNode.StartAsync(Sys, settings, environment)).Node;
        _nodes.Add(node);
        return node;
    }

    /// <summary>Asks again until the answer is as wanted: what is asked about goes on meanwhile.</summary>
    private async Task<StatusAnswer<T>> UntilAsync<T>(Func<Task<StatusAnswer<T>>> ask, Func<StatusAnswer<T>, bool> isWanted)
    {
        StatusAnswer<T>? answer = null;
        await AwaitConditionAsync(async () => isWanted(answer = await ask()), TimeSpan.FromSeconds(20), TimeSpan.FromMilliseconds(10));
        return answer!;
    }
}
