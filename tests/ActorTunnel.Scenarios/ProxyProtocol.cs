using System.Text;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>PROXY headers say who the client is: to us, and from us to an origin.</summary>
public sealed class ProxyProtocol : Story
{
    private const string Header = "PROXY TCP4 192.0.2.7 198.51.100.9 5000 443\r\n";

    [Theory]
    [InlineData(AcceptProxyProtocol.Accept)]
    [InlineData(AcceptProxyProtocol.Require)]
    public async Task A_header_at_the_encapsulator_names_the_client_and_is_no_payload(AcceptProxyProtocol mode)
    {
        var origin = Own(Origin.Echo());
        var topology = Own(await StartAsync(origin, mode));
        using var client = await Peer.ConnectAsync(topology.Entrance);

        await client.SendAsync(Encoding.ASCII.GetBytes(Header + "payload"));
        client.SendFin();

        await client.ExpectToEndAsync(Encoding.ASCII.GetBytes("payload"));
        var access = await topology.Encapsulator.NextAccessAsync();
        Assert.Equal("192.0.2.7:5000", access.DownstreamRemote!.ToString());
        Assert.Equal("198.51.100.9:443", access.DownstreamLocal!.ToString());
        Assert.Equal(7, access.BytesFromDownstream);
    }

    [Fact]
    public async Task Where_a_header_is_only_accepted_a_connection_without_one_is_carried_as_it_is()
    {
        var origin = Own(Origin.Echo());
        var topology = Own(await StartAsync(origin, AcceptProxyProtocol.Accept));
        using var client = await Peer.ConnectAsync(topology.Entrance);

        await client.SendAsync(Encoding.ASCII.GetBytes("PROPER payload"));
        client.SendFin();

        await client.ExpectToEndAsync(Encoding.ASCII.GetBytes("PROPER payload"));
    }

    [Fact]
    public async Task Where_a_header_is_required_a_connection_without_one_is_reset()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await StartAsync(origin, AcceptProxyProtocol.Require));
        using var client = await Peer.ConnectAsync(topology.Entrance);

        await client.SendAsync(Encoding.ASCII.GetBytes("payload"));

        await client.ExpectResetAsync();
        Assert.False(origin.HasPending);
    }

    [Fact]
    public async Task An_origin_gets_a_header_in_front_of_the_first_byte()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(
            origin.Address,
            terminator: node => node
                .WithUpstream(upstream => upstream with { ProxyProtocol = SendProxyProtocol.V1 })
                .WithConnect(connect => connect with { ProxyProtocol = AcceptProxyProtocol.Accept })));
        using var client = await Peer.ConnectAsync(topology.Entrance);
        await client.SendAsync(Encoding.ASCII.GetBytes("payload"));
        client.SendFin();

        using var far = await origin.AcceptAsync();
        far.SendFin();
        var (bytes, end) = await far.ReceiveToEndAsync();
        Assert.Equal(PeerEnd.Fin, end);
        var session = Assert.Single(topology.Terminator.SessionLog);
        Assert.Equal($"PROXY TCP4 127.0.0.1 127.0.0.1 {PortOf(session.Remote)} {PortOf(session.Local)}\r\npayload", Encoding.ASCII.GetString(bytes));
        Assert.Equal(7, (await topology.Terminator.NextAccessAsync()).BytesToUpstream);
    }

    private static int PortOf(System.Net.EndPoint? end) => Assert.IsType<System.Net.IPEndPoint>(end).Port;

    private static Task<Topology> StartAsync(Origin origin, AcceptProxyProtocol mode) => Topology.StartAsync(
        origin.Address, encapsulator: node => node.WithTunnel(tunnel => tunnel with { ProxyProtocol = mode }));
}
