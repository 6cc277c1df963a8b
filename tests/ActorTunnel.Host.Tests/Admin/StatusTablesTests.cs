using ActorTunnel.Host.Admin;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Proxy.Upstreams;
using Xunit;

namespace ActorTunnel.Host.Tests.Admin;

public sealed class StatusTablesTests
{
    [Fact]
    public void An_endpoint_of_the_mesh_shows_what_the_mesh_says_of_it_and_another_one_does_not()
    {
        var mesh = Endpoint(1) with
        {
            Mesh = new MeshEndpointStatus("east", TerminatorPresence.Unreachable, Draining: true, new TerminatorLoad(Tunnels: 12, Dials: 3, Cpu: 0.256)),
        };
        var upstream = new UpstreamStatus(
            "far", UpstreamProtocol.Http2, UpstreamType.Mesh, LoadBalancing.PowerOfTwo, Unplaced: 0, [mesh, Endpoint(2)]);

        var lines = StatusTables.Of([upstream]).ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(["ZONE", "PRESENCE", "DRAINS", "REPORTED", "DNS"], CellsOf(lines[0])[^5..]);
        Assert.Equal(["east", "unreachable", "yes", "12+3 26%", "-"], CellsOf(lines[1])[^5..]);
        Assert.Equal(["-", "-", "-", "-", "-"], CellsOf(lines[2])[^5..]);
    }

    [Fact]
    public void In_JSON_it_has_names_like_all_others()
    {
        var json = AdminAnswer.ToJson(new MeshEndpointStatus("east", TerminatorPresence.Member, Draining: false, new TerminatorLoad(12, 3, 0.5)))!;

        Assert.Equal("""{"zone":"east","presence":"member","draining":false,"load":{"tunnels":12,"dials":3,"cpu":0.5}}""", json.ToJsonString());
    }

    private static EndpointStatus Endpoint(int port) => new(
        new EndpointAddress("127.0.0.1", port), [], EndpointState.Ready, Sessions: 1, RetiredSessions: 0, Load: 0, Waiting: 0, BackoffLeft: TimeSpan.Zero);

    private static string[] CellsOf(string line) => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
