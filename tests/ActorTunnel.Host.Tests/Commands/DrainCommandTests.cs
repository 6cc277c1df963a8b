using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using ActorTunnel.Host.Commands;
using ActorTunnel.Host.Hosting;
using ActorTunnel.Host.Tests.Interception;
using Xunit;

namespace ActorTunnel.Host.Tests.Commands;

public sealed class DrainCommandTests : IDisposable
{
    private const string Node = """
        actortunnel {
          node.name = goes
          listeners.connect-in { bind = "127.0.0.1:0", connect { routes = [ { authority = "*", upstream = origin } ] } }
          upstreams.origin { endpoints = ["127.0.0.1:8443"] }
          admin.bind = "127.0.0.1:0"
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_follows_a_node_until_its_process_is_gone()
    {
        await using var node = Start();
        var admin = await AdminOfAsync(node);

        var run = await CommandLineRun.OfAsync("drain", "--admin", admin);

        Assert.Equal((0, ""), (run.Code, run.Error));
        var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Matches("^goes: SIGTERM sent to process [0-9]+$", lines[0]);
        Assert.Equal("goes: drained", lines[^2]);
        Assert.Matches("^goes: process [0-9]+ is gone$", lines[^1]);
        Assert.Equal(0, (await node.EndAsync()).Code);
    }

    [Fact]
    public async Task In_JSON_it_is_one_object()
    {
        await using var node = Start();

        var run = await CommandLineRun.OfAsync("drain", "--json", "--admin", await AdminOfAsync(node));

        var answer = JsonNode.Parse(run.Output)!;
        Assert.Equal((0, true, "goes", 0), (run.Code, (bool)answer["in-order"]!, (string)answer["node"]!, (int)answer["tunnels-reset"]!));
    }

    [Fact]
    public async Task A_process_that_is_killed_while_it_drains_did_not_end_in_order()
    {
        using var origin = new TcpListener(IPAddress.Loopback, 0);
        origin.Start();
        await using var node = Start("--set", "drain.timeout=60s", "--set", $"upstreams.origin.endpoints=[\"{origin.LocalEndpoint}\"]");
        var admin = await AdminOfAsync(node);
        using var tunnel = await OpenTunnelAsync(node);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{admin}") };
        var pid = (int)JsonNode.Parse(await client.GetStringAsync("/info"))!["pid"]!;

        var drain = CommandLineRun.OfAsync("drain", "--admin", admin);
        while ((string)JsonNode.Parse(await client.GetStringAsync("/drain"))!["step"]! != "draining")
        {
            await Task.Delay(10);
        }

        using (var process = System.Diagnostics.Process.GetProcessById(pid))
        {
            process.Kill();
        }

        var run = await drain;
        Assert.Equal((1, $"drain: process {pid} of goes ended before its drain did"), (run.Code, Assert.Single(run.ErrorLines)));
    }

    [Fact]
    public async Task A_drain_that_stopped_before_its_last_step_did_not_end_in_order()
    {
        await using var process = ForeignProgram.Start("sleep", "60");
        await using var admin = new FakeAdmin(
            $$"""{ "name": "goes", "pid": {{process.Id}}, "start-ticks": {{ProcessStart.TicksOf(process.Id)}}, "step": "announcing", "tunnels-reset": 0 }""");

        var run = await CommandLineRun.OfAsync("drain", "--admin", $"{admin.Address}");

        Assert.Equal((1, $"drain: process {process.Id} of goes ended before its drain did"), (run.Code, Assert.Single(run.ErrorLines)));
    }

    [Fact]
    public async Task The_configuration_of_a_node_says_where_its_admin_server_is()
    {
        var unset = await CommandLineRun.OfAsync("drain", "--config", _folder.Write("a.conf", Node.Replace("admin.bind", "node.name = other\n#", StringComparison.Ordinal)));
        var any = await CommandLineRun.OfAsync("drain", "--config", _folder.Write("b.conf", Node));
        var wrong = await CommandLineRun.OfAsync("drain", "--config", _folder.File("absent.conf"));
        await using var node = Start();
        var found = await CommandLineRun.OfAsync(
            "drain", "--config", _folder.Write("c.conf", Node), _folder.Write("d.conf", $"actortunnel.admin.bind = \"{await AdminOfAsync(node)}\""));

        Assert.Equal((2, "admin.bind is not set; --admin A:P says where the node's admin server listens"), (unset.Code, unset.ErrorLines.Single().Split(": ", 3)[2]));
        Assert.Equal((2, "admin.bind has port 0, which is another one at each start; --admin A:P says where the node's admin server listens"), (any.Code, any.ErrorLines.Single().Split(": ", 3)[2]));
        Assert.Equal(2, wrong.Code);
        Assert.Contains("absent.conf", Assert.Single(wrong.ErrorLines), StringComparison.Ordinal);
        Assert.Equal((0, ""), (found.Code, found.Error));
    }

    [Fact]
    public async Task A_node_of_another_name_at_the_address_of_a_configuration_gets_no_signal()
    {
        // This process would end where it got one.
        await using var admin = new FakeAdmin(
            $$"""{ "name": "edge", "pid": {{Environment.ProcessId}}, "start-ticks": {{ProcessStart.TicksOf(Environment.ProcessId)}} }""");
        var file = _folder.Write("a.conf", Node.Replace("127.0.0.1:0\"\n}", $"{admin.Address}\"\n}}", StringComparison.Ordinal));

        var run = await CommandLineRun.OfAsync("drain", "--config", file);

        Assert.Equal(
            (1, $"drain: edge answers at http://{admin.Address}/, but node.name of the configuration is goes: no signal was sent"),
            (run.Code, Assert.Single(run.ErrorLines)));
    }

    [Fact]
    public async Task Interrupted_before_the_node_said_who_it_is_nothing_was_sent()
    {
        await using var admin = new FakeAdmin(json: null);
        using var stop = new CancellationTokenSource();
        using var error = new StringWriter();

        var run = CommandLine.RunAsync(["drain", "--admin", $"{admin.Address}"], TextWriter.Null, error, stop.Token);
        await admin.Asked;
        await stop.CancelAsync();

        Assert.Equal((130, "drain: interrupted; no signal was sent\n"), (await run, error.ToString()));
    }

    [Fact]
    public async Task Interrupted_behind_the_signal_the_node_goes_on_with_its_drain()
    {
        using var origin = new TcpListener(IPAddress.Loopback, 0);
        origin.Start();
        await using var node = Start("--set", "drain.timeout=60s", "--set", $"upstreams.origin.endpoints=[\"{origin.LocalEndpoint}\"]");
        var admin = await AdminOfAsync(node);
        using var tunnel = await OpenTunnelAsync(node);
        using var stop = new CancellationTokenSource();
        await using var output = new LineHistoryWriter();
        using var error = new StringWriter();

        var run = CommandLine.RunAsync(["drain", "--admin", admin], output, error, stop.Token);
        await output.Lines.FindAsync(line => line.StartsWith("goes: draining: tunnels open: 1, ", StringComparison.Ordinal)).WaitAsync(TimeSpan.FromSeconds(20));
        await stop.CancelAsync();

        Assert.Equal((130, "drain: not followed any further; the node goes on with it\n"), (await run, error.ToString()));
        // The tunnel's connection was never accepted, and is reset with the listener.
        origin.Stop();
        Assert.Equal(0, (await node.EndAsync()).Code);
    }

    [Theory]
    [InlineData("", "exactly one of --admin and --config is required")]
    [InlineData("--admin 127.0.0.1:1 --config a.conf", "exactly one of --admin and --config is required")]
    [InlineData("--admin 192.0.2.1:1", "--admin 192.0.2.1:1: is no loopback address, and others could read all about this node; allowed: a loopback address and a port, such as \"127.0.0.1:9900\" or \"[::1]:9900\"")]
    [InlineData("--admin 127.0.0.1:0", "--admin 127.0.0.1:0: has port 0, which is another one at each start; allowed: a loopback address and a port, such as \"127.0.0.1:9900\" or \"[::1]:9900\"")]
    public async Task A_mistake_is_one_line(string arguments, string expected)
    {
        var run = await CommandLineRun.OfAsync(["drain", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.Equal((2, $"actortunnel drain: {expected} (see actortunnel drain --help)"), (run.Code, Assert.Single(run.ErrorLines)));
    }

    [Fact]
    public async Task Where_nobody_answers_there_is_nothing_to_drain()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var address = free.LocalEndpoint;
        free.Stop();

        var run = await CommandLineRun.OfAsync("drain", "--admin", $"{address}");

        Assert.Equal((1, $"drain: no admin server answers at http://{address}/: Connection refused"), (run.Code, Assert.Single(run.ErrorLines)));
    }

    [Theory]
    [InlineData(-1, "goes answers at http://{0}/, but its process {1} is not to be seen here: it runs on another machine, or in a container")]
    [InlineData(null, "what answers at http://{0}/ is no node of this program on Linux")]
    public async Task A_process_that_is_not_the_nodes_gets_no_signal(int? ticksOff, string expected)
    {
        // This process would end where it got one.
        var ticks = ticksOff is { } off ? $"{ProcessStart.TicksOf(Environment.ProcessId) + off}" : "null";
        await using var admin = new FakeAdmin($$"""{ "name": "goes", "pid": {{Environment.ProcessId}}, "start-ticks": {{ticks}} }""");

        var run = await CommandLineRun.OfAsync("drain", "--admin", $"{admin.Address}");

        Assert.Equal(
            (1, $"drain: {string.Format(System.Globalization.CultureInfo.InvariantCulture, expected, admin.Address, Environment.ProcessId)}"),
            (run.Code, Assert.Single(run.ErrorLines)));
    }

    [Fact]
    public void A_process_that_has_ended_has_no_start()
    {
        using var process = System.Diagnostics.Process.Start("true");
        process.WaitForExit();

        Assert.Null(ProcessStart.TicksOf(process.Id));
        Assert.Equal(TerminationRequest.Gone, Termination.Request(process.Id));
        Assert.True(ProcessStart.TicksOf(Environment.ProcessId) > ProcessStart.TicksOf(1));
    }

    private ForeignProgram Start(params string[] options) => ForeignProgram.Start(
        ["dotnet", Path.Combine(AppContext.BaseDirectory, "actortunnel.dll"), "run", _folder.Write("node.conf", Node), .. options]);

    private static async Task<string> AdminOfAsync(ForeignProgram node)
    {
        const string prefix = "admin listens on http://";
        var line = await node.LineAsync(line => line.StartsWith(prefix, StringComparison.Ordinal));
        await node.LineAsync(line => line == "ready");
        return line[prefix.Length..];
    }

    /// <summary>A tunnel that stays open, and that a drain waits for.</summary>
    private static async Task<TcpClient> OpenTunnelAsync(ForeignProgram node)
    {
        const string prefix = "listener connect-in listens on ";
        var line = await node.LineAsync(line => line.StartsWith(prefix, StringComparison.Ordinal));
        var client = new TcpClient();
        await client.ConnectAsync(IPEndPoint.Parse(line[prefix.Length..]));
        await client.GetStream().WriteAsync("CONNECT a.example:443 HTTP/1.1\r\nhost: a.example:443\r\n\r\n"u8.ToArray());
        var answer = new byte["HTTP/1.1 200".Length];
        await client.GetStream().ReadExactlyAsync(answer);
        Assert.Equal("HTTP/1.1 200", Encoding.ASCII.GetString(answer));
        return client;
    }
}
