using System.Net;
using System.Net.Sockets;
using ActorTunnel.Host.Commands;
using Xunit;

namespace ActorTunnel.Host.Tests.Commands;

public sealed class ImportEnvoyCommandTests : IDisposable
{
    private const string Encapsulator = """
        static_resources:
          listeners:
          - name: tunnel_in
            address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
            filter_chains:
            - filters:
              - name: x
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
                  cluster: far
                  tunneling_config: { hostname: "host.com:443" }
          clusters:
          - name: far
            http2_protocol_options: {}
            load_assignment: { endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 10001 } } } }] }] }
        """;

    private const string Terminator = """
        static_resources:
          listeners:
          - name: connect_in
            address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
            filter_chains:
            - filters:
              - name: x
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  route_config:
                    virtual_hosts:
                    - domains: ["host.com:443"]
                      routes:
                      - { match: { connect_matcher: {} }, route: { cluster: near, upgrade_configs: [{ upgrade_type: CONNECT, connect_config: {} }] } }
          clusters:
          - name: near
            load_assignment: { endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 8443 } } } }] }] }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_it_prints_is_a_configuration_that_says_the_same_as_the_bootstrap()
    {
        var yaml = _folder.Write("a.yaml", Encapsulator);

        var import = await CommandLineRun.OfAsync("import-envoy", yaml);
        var printed = await CommandLineRun.OfAsync("check", _folder.Write("a.conf", import.Output));
        var direct = await CommandLineRun.OfAsync("check", yaml);

        Assert.Equal((0, ""), (import.Code, import.Error));
        Assert.Equal((0, ""), (printed.Code, printed.Error));
        Assert.Contains("authority = \"host.com:443\"", printed.Output, StringComparison.Ordinal);
        Assert.Equal(printed, direct);
    }

    [Fact]
    public async Task What_is_not_carried_refuses_the_file_unless_lenience_is_asked_for()
    {
        var yaml = _folder.Write("a.yaml", Encapsulator + "\nstats_flush_interval: 5s\n");
        const string line = "16:1: stats_flush_interval = \"5s\": is not carried";

        foreach (var command in new[] { "import-envoy", "check", "run" })
        {
            var strict = await CommandLineRun.OfAsync(command, yaml);
            Assert.Equal((ExitCode.Mistake, ""), (strict.Code, strict.Output));
            Assert.Equal($"{yaml}:{line}", Assert.Single(strict.ErrorLines));
        }

        foreach (var command in new[] { "import-envoy", "check" })
        {
            var lenient = await CommandLineRun.OfAsync(command, yaml, "--lenient");
            Assert.Equal(ExitCode.Success, lenient.Code);
            Assert.Equal($"warning: {yaml}:{line}", Assert.Single(lenient.ErrorLines));
            Assert.Contains("tunnel-in {", lenient.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_file_that_is_missing_or_no_YAML_gives_one_line()
    {
        var missing = await CommandLineRun.OfAsync("import-envoy", _folder.File("none.yaml"));
        var broken = await CommandLineRun.OfAsync("check", _folder.Write("a.yml", "a: b: c"));

        Assert.Equal((2, ""), (missing.Code, missing.Output));
        Assert.Equal($"{_folder.File("none.yaml")}: does not exist", Assert.Single(missing.ErrorLines));
        Assert.Equal((2, ""), (broken.Code, broken.Output));
        Assert.StartsWith($"{_folder.File("a.yml")}:1:5: is no YAML: ", Assert.Single(broken.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_loader_finds_wrong_is_told_at_its_place_in_the_bootstrap()
    {
        var yaml = _folder.Write("a.yaml", Encapsulator.Replace("- name: far", "- name: far\n    connect_timeout: 3600s", StringComparison.Ordinal));

        var run = await CommandLineRun.OfAsync("check", yaml);

        Assert.Equal(2, run.Code);
        Assert.StartsWith(
            $"{yaml}:14:22: actortunnel.upstreams.far.connect-timeout = \"1h\": is out of range", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bootstrap_and_HOCON_are_one_configuration()
    {
        var run = await CommandLineRun.OfAsync(
            "check", _folder.Write("a.yaml", Encapsulator), _folder.Write("b.conf", "actortunnel.drain.timeout = 7s"), "--set", "upstreams.far.lb=least-tunnels");

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains("timeout = 7s", run.Output, StringComparison.Ordinal);
        Assert.Contains("lb = least-tunnels", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_bootstraps_carry_bytes_from_an_application_to_its_origin_and_back()
    {
        using var origin = new TcpListener(IPAddress.Loopback, 0);
        origin.Start();
        using var stop = new CancellationTokenSource();
        var terminator = await StartAsync("terminate.yaml", Terminator.Replace("8443", PortOf(origin.LocalEndpoint), StringComparison.Ordinal), stop.Token);
        var encapsulator = await StartAsync("encapsulate.yaml", Encapsulator.Replace("10001", PortOf(terminator.Bound), StringComparison.Ordinal), stop.Token);

        using (var client = new TcpClient())
        {
            await client.ConnectAsync(encapsulator.Bound);
            await client.GetStream().WriteAsync("ping"u8.ToArray());
            using var served = await origin.AcceptTcpClientAsync();
            var bytes = new byte[4];
            await served.GetStream().ReadExactlyAsync(bytes);
            Assert.Equal("ping"u8.ToArray(), bytes);
            await served.GetStream().WriteAsync("pong"u8.ToArray());
            await client.GetStream().ReadExactlyAsync(bytes);
            Assert.Equal("pong"u8.ToArray(), bytes);
        }

        await stop.CancelAsync();
        Assert.Equal((0, 0), (await terminator.Run, await encapsulator.Run));
    }

    private static string PortOf(EndPoint? endpoint) => $"{((IPEndPoint)endpoint!).Port}";

    private async Task<(IPEndPoint Bound, Task<int> Run)> StartAsync(string name, string yaml, CancellationToken stop)
    {
        var output = new LineHistoryWriter();
        var file = _folder.Write(name, yaml);
        var run = CommandLine.RunAsync(["run", file, "--set", "drain.timeout=0"], output, TextWriter.Null, stop);
        var listens = await output.Lines.FindAsync(line => line.Contains(" listens on ", StringComparison.Ordinal));
        Assert.NotNull(await output.Lines.FindAsync(line => line == "ready"));
        return (IPEndPoint.Parse(listens![(listens!.LastIndexOf(' ') + 1)..]), run);
    }
}
