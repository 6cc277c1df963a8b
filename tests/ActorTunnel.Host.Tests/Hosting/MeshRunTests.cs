using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using ActorTunnel.Host.Commands;
using ActorTunnel.Host.Tests.Admin;
using Xunit;

namespace ActorTunnel.Host.Tests.Hosting;

/// <summary>Nodes of a mesh as <c>run</c> runs them, each with its own cluster member, in this process.</summary>
public sealed class MeshRunTests : IAsyncLifetime
{
    private const string Seed = """actortunnel { node.name = seed, mesh.bind = "127.0.0.1:0" }""";

    private const string Worker = """
        actortunnel {
          node.name = worker
          listeners.connect-in { bind = "127.0.0.1:0", connect { routes = [ { authority = "*", upstream = origin } ] } }
          upstreams.origin { endpoints = [] }
          mesh { bind = "127.0.0.1:0", zone = eu-1, roles = [fast] }
          drain { delay = 500ms, timeout = 60s }
        }
        """;

    private const string Edge = """
        actortunnel {
          node.name = edge
          listeners.tunnel-in { bind = "127.0.0.1:0", tunnel { upstream = terminators, authority = "host.com:443" } }
          upstreams.terminators { type = mesh, protocol = http2 }
          mesh { bind = "127.0.0.1:0" }
          drain.timeout = 0
        }
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly EchoServer _origin = new();
    private readonly List<RunningNode> _nodes = [];
    private RunningNode _seed = null!;

    public async Task InitializeAsync() => _seed = await StartAsync("seed", Seed);

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes.AsEnumerable().Reverse())
        {
            await node.DisposeAsync();
        }

        await _origin.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Each_member_tells_of_all_of_them_with_role_zone_address_state_and_load()
    {
        var worker = await StartWorkerAsync("worker-1");
        var edge = await JoinAsync("edge", Edge);
        var nodes = (await AllUpAsync(edge, 3))["nodes"]!.AsArray();

        Assert.Equal(["edge", "seed", "worker-1"], nodes.Select(node => (string)node!["name"]!));
        Assert.Equal([true, false, false], nodes.Select(node => (bool)node!["is-self"]!));
        var told = nodes[2]!;
        Assert.Equal(await worker.MeshAddressAsync(), (string)told["address"]!);
        Assert.Equal(["terminator", "fast"], told["roles"]!.AsArray().Select(role => (string)role!));
        Assert.Equal(("eu-1", $"{await worker.AddressOfAsync("connect-in")}"), ((string)told["zone"]!, (string)told["tunnel-address"]!));
        Assert.Equal((0, 0, false), ((int)told["tunnels"]!, (int)told["dials"]!, (bool)told["is-draining"]!));
        Assert.InRange((double)told["cpu"]!, 0, 1);
        Assert.InRange((long)told["resident-bytes"]!, 1_000_000, long.MaxValue);
        Assert.InRange((long)told["report-age-ms"]!, 0, 5_000);
        Assert.Equal(["encapsulator"], nodes[0]!["roles"]!.AsArray().Select(role => (string)role!));
        Assert.Empty(nodes[1]!["roles"]!.AsArray());

        // Scripts look for the two together.
        var compact = (await edge.TextAsync("/nodes")).Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
        Assert.Equal(3, compact.Split("\"state\":\"up\",\"is-reachable\":true").Length - 1);
        var lines = (await edge.TextAsync("/nodes?format=text")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("NODE      ADDRESS ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("edge *    ", lines[1], StringComparison.Ordinal);
        Assert.Contains(" terminator,fast  eu-1  up ", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_says_where_the_mesh_finds_it_behind_its_listeners_and_before_it_is_ready()
    {
        var worker = await StartWorkerAsync("worker-1");

        Assert.Equal(
            ["listener connect-in", "mesh", "admin", "ready"], worker.OutputLines.Select(line => line.Split(" listens on ")[0]));
        Assert.Equal($"mesh listens on {await worker.MeshAddressAsync()}", worker.OutputLines.ElementAt(1));
    }

    [Fact]
    public async Task A_drained_terminator_gets_no_new_tunnel_finishes_its_old_one_and_leaves()
    {
        var first = await StartWorkerAsync("worker-1");
        var edge = await JoinAsync("edge", Edge);
        await AllUpAsync(edge, 3);
        using var old = await TunnelAsync(edge);
        Assert.Equal("before", await EchoedAsync(old, "before"));
        var second = await StartWorkerAsync("worker-2");
        await AllUpAsync(edge, 4);

        await first.BeginStopAsync();

        Assert.True((bool)(await NodeUntilAsync(edge, "worker-1", node => (bool?)node["is-draining"] == true))["is-draining"]!);
        await first.JsonUntilAsync("/drain", drain => (string)drain["step"]! == "draining");
        Assert.Equal("not ready: the node is draining\n", await first.TextAsync("/ready?format=text"));
        for (var i = 0; i < 8; i++)
        {
            using var young = await TunnelAsync(edge);
            Assert.Equal("young", await EchoedAsync(young, "young"));
        }

        Assert.Equal(1, (int)(await first.JsonAsync("/tunnels"))["total"]!);
        await second.JsonUntilAsync("/tunnels", tunnels => (int)tunnels["total"]! == 0);
        Assert.Equal("after", await EchoedAsync(old, "after"));
        var ending = old.GetStream();
        old.Client.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await ending.ReadAsync(new byte[1]));

        var lines = await first.StopAsync();
        Assert.Equal("draining: telling the mesh; 1 tunnel open", lines[0]);
        Assert.Equal("draining: the mesh was told; encapsulators turn to others", lines[1]);
        Assert.Equal("draining: 1 tunnel, 60 s left", lines[2]);
        Assert.Equal(["draining: no tunnel is left", "draining: left the mesh"], lines[^2..]);
        await edge.JsonUntilAsync("/nodes", mesh => mesh["nodes"]!.AsArray().Count(node => (string)node!["state"]! == "up") == 3);
    }

    [Fact]
    public async Task What_is_left_at_the_deadline_is_reset_and_counted()
    {
        var worker = await StartWorkerAsync("worker-1", "drain.timeout=300ms");
        var edge = await JoinAsync("edge", Edge);
        await AllUpAsync(edge, 3);
        using var tunnel = await TunnelAsync(edge);
        Assert.Equal("before", await EchoedAsync(tunnel, "before"));
        var over = worker.JsonAsync("/drain?wait=true");

        var lines = await worker.StopAsync();

        Assert.Equal(["draining: 1 tunnel reset at the deadline", "draining: left the mesh"], lines[^2..]);
        Assert.Equal(("done", 1), ((string)(await over)["step"]!, (int)(await over)["tunnels-reset"]!));
        await Assert.ThrowsAsync<IOException>(async () => await tunnel.GetStream().ReadExactlyAsync(new byte[1]));
    }

    [Fact]
    public async Task New_certificates_under_the_same_paths_begin_another_life_in_the_mesh_and_the_tunnels_do_not_notice()
    {
        var certificates = _folder.File("certs");
        WriteCertificates();
        var node = await StartWorkerAloneAsync();
        await node.JsonUntilAsync("/nodes", mesh => (bool)mesh["is-joined"]!);
        using var tunnel = await HttpTunnelAsync(node);
        Assert.Equal("before", await EchoedAsync(tunnel, "before"));

        Directory.Delete(certificates, recursive: true);
        WriteCertificates();

        var mesh = await node.JsonUntilAsync("/nodes", mesh => (int)mesh["lives"]! == 2 && (bool)mesh["is-joined"]!);
        Assert.Equal("worker", (string)mesh["nodes"]![0]!["name"]!);
        Assert.Equal("after", await EchoedAsync(tunnel, "after"));

        void WriteCertificates() => Assert.True(CertificateFolder.TryWrite(
            certificates, CertificateNames.Localhost, TimeProvider.System.GetUtcNow(), days: 1, out _, out var problem), problem);

        Task<RunningNode> StartWorkerAloneAsync() => StartAsync(
            "worker",
            Worker,
            $"upstreams.origin.endpoints=[\"{_origin.Address}\"]",
            $"mesh.tls.ca={certificates}/ca.pem",
            $"mesh.tls.cert={certificates}/node.pem",
            $"mesh.tls.key={certificates}/node-key.pem",
            "certificates.reload-interval=100ms",
            "drain.timeout=0");
    }

    [Fact]
    public async Task A_mesh_address_in_use_gives_one_line()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var run = await CommandLineRun.OfAsync(
            "run", _folder.Write("taken.conf", Worker), "--set", $"mesh.bind={taken.LocalEndpoint}", "--set", "upstreams.origin.endpoints=[\"127.0.0.1:1\"]");

        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.Equal($"mesh.bind: {taken.LocalEndpoint} is in use (EADDRINUSE); another process or listener is bound there", Assert.Single(run.ErrorLines));
    }

    private Task<RunningNode> StartWorkerAsync(string name, params string[] options) =>
        JoinAsync(name, Worker, [$"node.name={name}", $"upstreams.origin.endpoints=[\"{_origin.Address}\"]", .. options]);

    private async Task<RunningNode> JoinAsync(string name, string configuration, params string[] options) =>
        await StartAsync(name, configuration, [$"mesh.seeds=[\"{await _seed.MeshAddressAsync()}\"]", .. options]);

    private async Task<RunningNode> StartAsync(string name, string configuration, params string[] options)
    {
        var node = await RunningNode.StartAsync(_folder.Write($"{name}.conf", configuration), options);
        _nodes.Add(node);
        return node;
    }

    private static Task<JsonNode> AllUpAsync(RunningNode node, int count) => node.JsonUntilAsync(
        "/nodes", mesh => mesh["nodes"]!.AsArray() is var nodes && nodes.Count == count && nodes.All(member => (string)member!["state"]! == "up" && member["report-age-ms"] is not null));

    private static async Task<JsonNode> NodeUntilAsync(RunningNode node, string name, Func<JsonNode, bool> isWanted)
    {
        return Find(await node.JsonUntilAsync("/nodes", mesh => Find(mesh) is { } found && isWanted(found)))!;

        JsonNode? Find(JsonNode mesh) => mesh["nodes"]!.AsArray().FirstOrDefault(member => (string)member!["name"]! == name);
    }

    private static async Task<TcpClient> TunnelAsync(RunningNode edge)
    {
        var client = new TcpClient();
        await client.ConnectAsync(await edge.AddressOfAsync("tunnel-in"));
        return client;
    }

    /// <summary>By HTTP/1.1 CONNECT at a terminator itself.</summary>
    private static async Task<TcpClient> HttpTunnelAsync(RunningNode worker)
    {
        const string established = "HTTP/1.1 200 ";
        var client = new TcpClient();
        await client.ConnectAsync(await worker.AddressOfAsync("connect-in"));
        await client.GetStream().WriteAsync("CONNECT a.example:443 HTTP/1.1\r\nhost: a.example:443\r\n\r\n"u8.ToArray());
        var head = new StringBuilder();
        var octet = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await client.GetStream().ReadExactlyAsync(octet);
            head.Append((char)octet[0]);
        }

        Assert.StartsWith(established, head.ToString(), StringComparison.Ordinal);
        return client;
    }

    private static async Task<string> EchoedAsync(TcpClient tunnel, string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        await tunnel.GetStream().WriteAsync(bytes);
        var echoed = new byte[bytes.Length];
        await tunnel.GetStream().ReadExactlyAsync(echoed);
        return Encoding.ASCII.GetString(echoed);
    }
}
