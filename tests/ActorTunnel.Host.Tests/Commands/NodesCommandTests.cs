using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using ActorTunnel.Host.Tests.Admin;
using Xunit;

namespace ActorTunnel.Host.Tests.Commands;

public sealed class NodesCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_prints_what_the_node_sees_as_a_table_or_as_JSON()
    {
        await using var node = await RunningNode.StartAsync(_folder.Write("a.conf", """actortunnel { node.name = alone, mesh.bind = "127.0.0.1:0" }"""));
        await node.JsonUntilAsync("/nodes", mesh => (bool)mesh["is-joined"]!);

        var text = await CommandLineRun.OfAsync("nodes", "--admin", node.Admin.Authority);
        var json = await CommandLineRun.OfAsync("nodes", "--json", "--admin", node.Admin.Authority);

        Assert.Equal((0, "", 0, ""), (text.Code, text.Error, json.Code, json.Error));
        var lines = text.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("NODE ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"alone *  {await node.MeshAddressAsync()}  -", lines[1], StringComparison.Ordinal);
        var mesh = JsonNode.Parse(json.Output)!;
        Assert.Equal((true, 1, "alone"), ((bool)mesh["is-joined"]!, (int)mesh["lives"]!, (string)mesh["nodes"]![0]!["name"]!));
    }

    [Fact]
    public async Task A_node_that_has_not_joined_yet_is_told_in_a_line_and_in_JSON()
    {
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        await using var node = await RunningNode.StartAsync(
            _folder.Write("a.conf", $$"""actortunnel { node.name = early, mesh { bind = "127.0.0.1:0", seeds = ["{{nobody.LocalEndpoint}}"] } }"""));

        var text = await CommandLineRun.OfAsync("nodes", "--admin", node.Admin.Authority);
        var json = await CommandLineRun.OfAsync("nodes", "--json", "--admin", node.Admin.Authority);

        Assert.Equal((0, "", "nodes: the node has not joined the mesh yet\n"), (text.Code, text.Output, text.Error));
        Assert.Equal((0, "", false), (json.Code, json.Error, (bool)JsonNode.Parse(json.Output)!["is-joined"]!));
        Assert.Equal("The node has not joined the mesh yet.\n", await node.TextAsync("/nodes?format=text"));
        Assert.Contains("draining: no member of the mesh at the moment, so nobody is told; 0 tunnels open", await node.StopAsync());
    }

    [Fact]
    public async Task A_node_in_no_mesh_is_told_in_a_line()
    {
        await using var node = await RunningNode.StartAsync(_folder.Write("a.conf", """
            actortunnel {
              listeners.connect-in { bind = "127.0.0.1:0", connect { routes = [ { authority = "*", upstream = origin } ] } }
              upstreams.origin { endpoints = ["127.0.0.1:8443"] }
              drain.timeout = 0
            }
            """));

        var run = await CommandLineRun.OfAsync("nodes", "--admin", node.Admin.Authority);

        Assert.Equal((1, "", "nodes: This node is in no mesh: mesh.bind is not set."), (run.Code, run.Output, Assert.Single(run.ErrorLines)));
    }
}
