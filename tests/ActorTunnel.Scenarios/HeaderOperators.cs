using System.Text;
using ActorTunnel.Http2.Session;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>A CONNECT says of its connection what the listener's templates ask for.</summary>
public sealed class HeaderOperators : Story
{
    private const string ServerName = "%REQUESTED_SERVER_NAME%:443";

    [Fact]
    public async Task Each_connection_fills_the_operators_in_with_its_own_values()
    {
        var (encapsulator, door) = await StartAsync(listener => listener with
        {
            Headers =
            [
                new("original_dst_port", StorySettings.Template("%DOWNSTREAM_LOCAL_PORT%")),
                new("x-client", StorySettings.Template("%DOWNSTREAM_REMOTE_ADDRESS%")),
                new("x-id", StorySettings.Template("%CONNECTION_ID% of %HOSTNAME%, 100%%")),
            ],
        });
        using var first = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var terminator = Own(Http2Peer.Accept(await door.AcceptAsync()));
        var asked = await terminator.NextAsync(SessionEventKind.HeadersReceived);
        using var second = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var askedNext = await terminator.NextAsync(SessionEventKind.HeadersReceived);

        Assert.Equal("host.com:443", asked[":authority"]);
        Assert.Equal($"{encapsulator.AddressOf("tunnel-in").Port}", asked["original_dst_port"]);
        Assert.Equal(first.Socket.LocalEndPoint!.ToString(), asked["x-client"]);
        Assert.Equal(second.Socket.LocalEndPoint!.ToString(), askedNext["x-client"]);
        Assert.Equal("listeners/tunnel-in/connection-1 of node-1, 100%", asked["x-id"]);
        Assert.Equal("listeners/tunnel-in/connection-2 of node-1, 100%", askedNext["x-id"]);
        await RefuseAsync(terminator, asked.StreamId, first);
        await RefuseAsync(terminator, askedNext.StreamId, second);
    }

    [Fact]
    public async Task A_trusted_PROXY_header_is_what_the_operators_say()
    {
        var (encapsulator, door) = await StartAsync(listener => listener with
        {
            ProxyProtocol = AcceptProxyProtocol.Require,
            Authority = StorySettings.Template("%DOWNSTREAM_LOCAL_ADDRESS%"),
            Headers = [new("x-client", StorySettings.Template("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"))],
        });
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        await application.SendAsync("PROXY TCP6 2001:db8::7 2001:db8::9 5000 443\r\n"u8.ToArray());
        var terminator = Own(Http2Peer.Accept(await door.AcceptAsync()));

        var asked = await terminator.NextAsync(SessionEventKind.HeadersReceived);

        Assert.Equal(("[2001:db8::9]:443", "2001:db8::7"), (asked[":authority"], asked["x-client"]));
        await RefuseAsync(terminator, asked.StreamId, application);
    }

    [Fact]
    public async Task The_name_in_a_TLS_hello_is_the_authority_and_the_hello_still_reaches_the_origin_whole()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(
            origin.Address, encapsulator: node => node.WithTunnel(listener => listener with { Authority = StorySettings.Template(ServerName) })));
        var hello = await TlsHello.OfAsync("Shop.Example");
        using var application = await Peer.ConnectAsync(topology.Entrance);

        // In three segments: the encapsulator waits for the whole of it.
        await application.SendAsync(hello.AsMemory(0, 3));
        await topology.Encapsulator.CountsAsync("connections.open", 1);
        await application.SendAsync(hello.AsMemory(3, 100));
        await application.SendAsync(hello.AsMemory(103));
        application.SendFin();
        using var far = await origin.AcceptAsync();

        await far.ExpectToEndAsync(hello);
        far.SendFin();
        await application.ExpectToEndAsync([]);
        Assert.Equal("shop.example:443", (await topology.Encapsulator.NextAccessAsync()).Authority);
        Assert.Equal("shop.example:443", (await topology.Terminator.NextAccessAsync()).Authority);
    }

    [Fact]
    public async Task Where_no_name_comes_the_default_stands_for_it_and_every_byte_is_carried()
    {
        var origin = Own(Origin.Echo());
        var topology = Own(await Topology.StartAsync(origin.Address, encapsulator: node => node.WithTunnel(listener => listener with
        {
            Authority = StorySettings.Template(ServerName),
            DefaultServerName = "default.example",
        })));
        byte[][] payloads = ["no TLS at all"u8.ToArray(), await TlsHello.OfAsync(""), [], new byte[40_000]];

        foreach (var payload in payloads)
        {
            using var application = await Peer.ConnectAsync(topology.Entrance);
            await application.SendAsync(payload);
            application.SendFin();

            await application.ExpectToEndAsync(payload);
            Assert.Equal("default.example:443", (await topology.Encapsulator.NextAccessAsync()).Authority);
        }
    }

    [Fact]
    public async Task A_client_that_waits_for_the_server_to_speak_gets_the_default_after_the_peek_timeout()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address, encapsulator: node => node.WithTunnel(listener => listener with
        {
            Authority = StorySettings.Template(ServerName),
            DefaultServerName = "mail.example",
            PeekTimeout = TimeSpan.FromMilliseconds(100),
        })));
        using var application = await Peer.ConnectAsync(topology.Entrance);
        using var far = await origin.AcceptAsync();

        await far.SendAsync("220 hello"u8.ToArray());

        Assert.Equal("220 hello"u8.ToArray(), await application.ReceiveAsync(9));
        application.SendFin();
        far.SendFin();
        Assert.Equal("mail.example:443", (await topology.Terminator.NextAccessAsync()).Authority);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n", "no TLS server name came, and default-server-name is not set")]
    [InlineData("\u0016\u0003", "no TLS server name came, and default-server-name is not set")]
    public async Task Without_a_name_and_a_default_the_connection_is_reset(string sent, string detail)
    {
        var (encapsulator, door) = await StartAsync(listener => listener with { Authority = StorySettings.Template(ServerName) });
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));

        await application.SendAsync(Encoding.Latin1.GetBytes(sent));
        application.SendFin();

        await application.ExpectResetAsync();
        var access = await encapsulator.NextAccessAsync();
        Assert.Equal((ConnectFailureReason.BadAuthority, detail), (access.FailureReason, access.FailureDetail));
        Assert.Null(access.Authority);
        Assert.False(door.HasPending);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hello_that_is_not_whole_in_time_or_is_broken_is_not_carried_under_the_default(bool broken)
    {
        var (encapsulator, door) = await StartAsync(listener => listener with
        {
            Authority = StorySettings.Template(ServerName),
            DefaultServerName = "default.example",
            PeekTimeout = TimeSpan.FromSeconds(2), // The first bytes are to come within it: whoever says nothing gets the default.
        });
        var sent = broken ? [0x16, 3, 1, 0, 0] : (await TlsHello.OfAsync("secret.example"))[..6];
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));

        await application.SendAsync(sent);

        await application.ExpectResetAsync();
        Assert.StartsWith("TLS server name: ", (await encapsulator.NextAccessAsync()).FailureDetail, StringComparison.Ordinal);
        Assert.False(door.HasPending);
    }

    [Theory]
    [InlineData("a b.example")]
    [InlineData("a/../b.test")]
    [InlineData("192.0.2.33")]
    public async Task A_name_that_is_no_host_name_is_not_used_and_the_default_does_not_stand_for_it(string name)
    {
        var (encapsulator, door) = await StartAsync(listener => listener with
        {
            Authority = StorySettings.Template(ServerName),
            DefaultServerName = "default.example",
        });
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));

        await application.SendAsync(Replace(await TlsHello.OfAsync(new string('x', name.Length - 2) + ".x"), name));

        await application.ExpectResetAsync();
        var access = await encapsulator.NextAccessAsync();
        Assert.StartsWith("TLS server name: ", access.FailureDetail, StringComparison.Ordinal);
        Assert.False(door.HasPending);
    }

    [Fact]
    public async Task A_connection_that_nobody_intercepted_is_reset_where_only_intercepted_ones_are_served()
    {
        var (encapsulator, door) = await StartAsync(listener => listener with
        {
            OriginalDestination = OriginalDestinationMode.Redirect,
            Authority = StorySettings.Template("%ORIGINAL_DST%"),
        });

        await Peer.ConnectToBeResetAsync(encapsulator.AddressOf("tunnel-in"));

        var access = await encapsulator.NextAccessAsync();
        Assert.Equal(ConnectFailureReason.AddressProhibited, access.FailureReason);
        Assert.False(door.HasPending);
    }

    /// <summary>An encapsulator whose terminator is played by the story.</summary>
    private async Task<(StoryNode Encapsulator, Origin Door)> StartAsync(Func<TunnelListenerSettings, TunnelListenerSettings> change)
    {
        var door = Own(Origin.Start());
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings.Encapsulator(Security.Cleartext, door.Address).WithTunnel(change)));
        return (encapsulator, door);
    }

    private static async Task RefuseAsync(Http2Peer terminator, int stream, Peer application)
    {
        terminator.Respond(stream, endStream: true, (":status", "503"));
        await application.ExpectResetAsync();
        await terminator.NextAsync(SessionEventKind.DataReceived);
    }

    /// <summary>Writes a name of the same length over the one in a hello; no client would send it.</summary>
    private static byte[] Replace(byte[] hello, string name)
    {
        var placeholder = Encoding.ASCII.GetBytes(new string('x', name.Length - 2) + ".x");
        var at = hello.AsSpan().IndexOf(placeholder);
        Assert.True(at > 0, "the hello does not name the server");
        Encoding.ASCII.GetBytes(name).CopyTo(hello, at);
        return hello;
    }
}
