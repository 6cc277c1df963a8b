using System.Text;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>A client that knows only HTTP proxies asks the encapsulator with HTTP/1.1 CONNECT.</summary>
public sealed class HttpConnect : Story
{
    private const string Established = "HTTP/1.1 200 OK\r\n\r\n";

    [Fact]
    public async Task The_request_names_the_authority_and_the_tunnel_begins_behind_the_answer()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await StartAsync(origin));
        using var client = await Peer.ConnectAsync(topology.Entrance);

        await client.SendAsync(Ascii("CONNECT a.example:8443 HTTP/1.1\r\nHost: a.example:8443\r\n\r\n"));
        using var far = await origin.AcceptAsync();
        await far.SendAsync(Ascii("hello"));
        far.SendFin();
        Assert.Equal(Established + "hello", await TextToEndAsync(client));
        client.SendFin();

        var access = await topology.Encapsulator.NextAccessAsync();
        Assert.Equal("a.example:8443", access.Authority);
        Assert.Equal((0, 5), (access.BytesFromDownstream, access.BytesToDownstream));
        Assert.Equal("a.example:8443", (await topology.Terminator.NextAccessAsync()).Authority);
    }

    [Fact]
    public async Task Bytes_that_come_with_the_request_are_the_tunnel_s()
    {
        var origin = Own(Origin.Echo());
        var topology = Own(await StartAsync(origin));
        using var client = await Peer.ConnectAsync(topology.Entrance);

        await client.SendAsync(Ascii("CONNECT a.example:1 HTTP/1.1\r\nHost: a.example:1\r\n\r\nearly"));
        client.SendFin();

        Assert.Equal(Established + "early", await TextToEndAsync(client));
    }

    [Fact]
    public async Task A_refused_destination_is_told_with_its_status_and_a_clean_end()
    {
        var topology = Own(await Topology.StartAsync(
            StorySettings.Loopback(1),
            encapsulator: node => node.WithTunnel(tunnel => tunnel with { Accept = TunnelAccept.HttpConnect }),
            terminator: node => node.WithConnect(connect => connect with { Routes = [new RouteSettings("other.example", "origin")] })));
        using var client = await Peer.ConnectAsync(topology.Entrance);

        await client.SendAsync(Ascii("CONNECT a.example:1 HTTP/1.1\r\nHost: a.example:1\r\n\r\n"));
        client.SendFin();

        var answer = await TextToEndAsync(client);
        Assert.StartsWith("HTTP/1.1 404 Not Found\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nconnection: close\r\n", answer, StringComparison.Ordinal);
        Assert.Equal(404, (await topology.Encapsulator.NextAccessAsync()).Status);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "HTTP/1.1 405 Method Not Allowed\r\n")]
    [InlineData("CONNECT a.example HTTP/1.1\r\nHost: a.example\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n")]
    [InlineData("CONNECT a.example:1 HTTP/1.1\nHost: a.example:1\n\n", "HTTP/1.1 400 Bad Request\r\n")]
    public async Task What_is_no_CONNECT_gets_an_answer_and_no_tunnel(string request, string answer)
    {
        var origin = Own(Origin.Start());
        var topology = Own(await StartAsync(origin));
        using var client = await Peer.ConnectAsync(topology.Entrance);

        await client.SendAsync(Ascii(request));
        client.SendFin();

        Assert.StartsWith(answer, await TextToEndAsync(client), StringComparison.Ordinal);
        Assert.False(origin.HasPending);
    }

    [Fact]
    public async Task What_is_no_HTTP_is_reset_without_a_word()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await StartAsync(origin));
        using var client = await Peer.ConnectAsync(topology.Entrance);

        await client.SendAsync(new byte[] { 0x16, 0x03, 0x01, 0x00, 0x05 });

        await client.ExpectResetAsync();
        Assert.Equal(ConnectFailureReason.BadAuthority, (await topology.Encapsulator.NextAccessAsync()).FailureReason);
    }

    private static Task<Topology> StartAsync(Origin origin) => Topology.StartAsync(
        origin.Address, encapsulator: node => node.WithTunnel(tunnel => tunnel with { Accept = TunnelAccept.HttpConnect }));

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    private static async Task<string> TextToEndAsync(Peer peer)
    {
        var (bytes, end) = await peer.ReceiveToEndAsync();
        Assert.Equal(PeerEnd.Fin, end);
        return Encoding.ASCII.GetString(bytes);
    }
}
