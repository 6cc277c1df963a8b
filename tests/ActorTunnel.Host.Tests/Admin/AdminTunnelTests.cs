using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Xunit;

namespace ActorTunnel.Host.Tests.Admin;

/// <summary>An encapsulator and a terminator with tunnels through both, seen by their admin servers.</summary>
[Collection(AloneCollection.Name)]
public sealed class AdminTunnelTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly TcpListener _origin = new(IPAddress.Loopback, 0);
    private readonly List<TcpClient> _clients = [];
    private RunningNode _terminator = null!;
    private RunningNode _encapsulator = null!;

    public async Task InitializeAsync()
    {
        _origin.Start();
        _terminator = await RunningNode.StartAsync(_folder.Write("terminate.conf", $$"""
            actortunnel {
              node.name = far
              listeners.far-in { bind = "127.0.0.1:0", connect { routes = [ { authority = "*", upstream = origin } ] } }
              upstreams.origin { endpoints = ["{{_origin.LocalEndpoint}}"] }
            }
            """));
        _encapsulator = await RunningNode.StartAsync(_folder.Write("encapsulate.conf", $$"""
            actortunnel {
              node.name = near
              listeners.near-in { bind = "127.0.0.1:0", tunnel { upstream = far, authority = "host.com:443" } }
              upstreams.far { endpoints = ["{{await _terminator.AddressOfAsync("far-in")}}"], protocol = http2, http2.max-concurrent-streams = 7 }
            }
            """));
    }

    public async Task DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await _encapsulator.DisposeAsync();
        await _terminator.DisposeAsync();
        _origin.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_open_tunnel_is_shown_by_both_nodes_with_its_way_and_its_bytes_so_far()
    {
        var (application, origin) = await OpenAsync();
        var near = Single(await _encapsulator.JsonUntilAsync("/tunnels", HasAllBytes), "tunnels");
        var far = Single(await _terminator.JsonUntilAsync("/tunnels", HasAllBytes), "tunnels");

        Assert.Equal(
            ("listeners/near-in/connection-1", "open", "near-in", "host.com:443", "far"),
            ((string)near["path"]!, (string)near["state"]!, (string)near["listener"]!, (string)near["authority"]!, (string)near["upstream"]!));
        Assert.Equal($"{application.Client.LocalEndPoint}", (string)near["downstream"]!);
        Assert.Equal($"{await _terminator.AddressOfAsync("far-in")}", (string)near["endpoint"]!);
        Assert.Equal(("upstreams/far/session-1", 1), ((string)near["session"]!, (int)near["stream-id"]!));
        Assert.Equal(
            ("listeners/far-in/connection-1/session/stream-1", "open", "far-in", "host.com:443", "origin"),
            ((string)far["path"]!, (string)far["state"]!, (string)far["listener"]!, (string)far["authority"]!, (string)far["upstream"]!));
        Assert.Equal(($"{_origin.LocalEndpoint}", 1), ((string)far["endpoint"]!, (int)far["stream-id"]!));
        Assert.True((long)near["age-ms"]! >= 0);

        application.Close();
        origin.Close();
        Assert.Equal(0, (int)(await _encapsulator.JsonUntilAsync("/tunnels", answer => (int)answer["total"]! == 0))["shown"]!);
        Assert.Equal(0, (int)(await _terminator.JsonUntilAsync("/tunnels", answer => (int)answer["total"]! == 0))["shown"]!);
    }

    [Fact]
    public async Task A_session_is_shown_by_both_nodes_with_the_same_two_ends()
    {
        await OpenAsync();
        var near = Single(await _encapsulator.JsonAsync("/sessions"), "sessions");
        var far = Single(await _terminator.JsonAsync("/sessions"), "sessions");

        Assert.Equal(((string)near["local"]!, (string)near["remote"]!), ((string)far["remote"]!, (string)far["local"]!));
        Assert.Equal(
            ("upstreams/far/session-1", "us", "far", "ready", "cleartext"),
            ((string)near["name"]!, (string)near["opened-by"]!, (string)near["owner"]!, (string)near["state"]!, (string)near["security"]!));
        Assert.Equal((1, 7, 1_000), ((int)near["open-tunnels"]!, (int)near["max-tunnels"]!, (int)near["peer-limit"]!));
        Assert.Equal(
            ("listeners/far-in/connection-1/session", "peer", "far-in", "ready", 1),
            ((string)far["name"]!, (string)far["opened-by"]!, (string)far["owner"]!, (string)far["state"]!, (int)far["open-tunnels"]!));
    }

    [Fact]
    public async Task Listeners_and_upstreams_show_what_is_open()
    {
        await OpenAsync();
        await OpenAsync();

        var listener = Single(await _encapsulator.JsonAsync("/listeners"), "listeners");
        var far = Single(await _encapsulator.JsonAsync("/upstreams"), "upstreams");
        var origin = Single(await _terminator.JsonAsync("/upstreams"), "upstreams");

        Assert.Equal(
            ("near-in", "tunnel", "accepting", 2, 2),
            ((string)listener["name"]!, (string)listener["role"]!, (string)listener["state"]!, (int)listener["open-connections"]!, (int)listener["accepted-connections"]!));
        var terminator = Assert.Single(far["endpoints"]!.AsArray())!;
        Assert.Equal(("ready", 1, 2), ((string)terminator["state"]!, (int)terminator["sessions"]!, (int)terminator["load"]!));
        var endpoint = Assert.Single(origin["endpoints"]!.AsArray())!;
        Assert.Equal(("in-use", 2), ((string)endpoint["state"]!, (int)endpoint["load"]!));
    }

    [Fact]
    public async Task A_limit_bounds_what_is_shown_and_the_total_stays()
    {
        for (var i = 0; i < 3; i++)
        {
            await OpenAsync();
        }

        foreach (var node in new[] { _encapsulator, _terminator })
        {
            var answer = await node.JsonAsync("/tunnels?limit=2");
            Assert.Equal((3, 2, 2), ((int)answer["total"]!, (int)answer["shown"]!, answer["tunnels"]!.AsArray().Count));
            Assert.EndsWith("\n2 of 3 tunnels\n", await node.TextAsync("/tunnels?limit=2&format=text"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_metrics_count_tunnels_buffers_and_the_process()
    {
        await OpenAsync();

        using var response = await _encapsulator.SendAsync("/metrics");
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n');

        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains(lines, line => IsSample(line, "actortunnel_tunnels_open{", "listener=\"near-in\",upstream=\"far\"") && line.EndsWith("} 1", StringComparison.Ordinal));
        Assert.Contains(lines, line => IsSample(line, "actortunnel_tunnels_setup_duration_seconds_bucket{", "listener=\"near-in\"", "le=\"0.001\""));
        Assert.Contains(lines, line => IsSample(line, "actortunnel_buffers_rented_total{"));
        Assert.Contains(lines, line => IsSample(line, "actortunnel_buffers_outstanding_bytes{"));
        Assert.Contains(lines, line => IsSample(line, "dotnet_process_cpu_time_seconds_total{"));
        Assert.Contains(lines, line => IsSample(line, "dotnet_process_memory_working_set_bytes{"));
    }

    [Fact]
    public async Task A_node_that_drains_is_not_ready_and_says_so_until_its_last_tunnel_ends()
    {
        var (application, origin) = await OpenAsync();

        await _encapsulator.BeginStopAsync();
        var answer = await _encapsulator.JsonUntilAsync("/ready", answer => !(bool)answer["ready"]!);
        using var response = await _encapsulator.SendAsync("/ready");

        Assert.Equal("the node is draining", (string)answer["reason"]!);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("draining", (string)(await _encapsulator.JsonAsync("/info"))["state"]!);
        Assert.Equal(1, (int)(await _encapsulator.JsonAsync("/tunnels"))["total"]!);
        application.Close(); // Else the stop would wait for drain.timeout.
        origin.Close();
    }

    private static bool IsSample(string line, params string[] parts) =>
        line.StartsWith(parts[0], StringComparison.Ordinal) && parts.All(part => line.Contains(part, StringComparison.Ordinal));

    private static bool HasAllBytes(JsonNode answer) => answer["tunnels"]!.AsArray() is [{ } tunnel]
        && ((long)tunnel["bytes-to-upstream"]!, (long)tunnel["bytes-to-downstream"]!) == (5, 7);

    private static JsonNode Single(JsonNode answer, string name) => Assert.Single(answer[name]!.AsArray())!;

    /// <summary>A tunnel through which 5 bytes went up and 7 down.</summary>
    private async Task<(TcpClient Application, TcpClient Origin)> OpenAsync()
    {
        var application = new TcpClient(AddressFamily.InterNetwork);
        _clients.Add(application);
        await application.ConnectAsync(await _encapsulator.AddressOfAsync("near-in"));
        await application.GetStream().WriteAsync("hello"u8.ToArray());
        var origin = await _origin.AcceptTcpClientAsync();
        _clients.Add(origin);
        await origin.GetStream().ReadExactlyAsync(new byte[5]);
        await origin.GetStream().WriteAsync("welcome"u8.ToArray());
        await application.GetStream().ReadExactlyAsync(new byte[7]);
        return (application, origin);
    }
}
