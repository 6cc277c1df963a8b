using System.Net;
using System.Net.Sockets;
using ActorTunnel.Host.Commands;
using ActorTunnel.Host.Tests.Interception;
using Xunit;

namespace ActorTunnel.Host.Tests.Commands;

public sealed class RunCommandTests : IDisposable
{
    private const string Node = """
        actortunnel {
          listeners.connect-in { bind = "127.0.0.1:0", connect { routes = [ { authority = "*", upstream = origin } ] } }
          upstreams.origin { endpoints = ["127.0.0.1:8443"] }
          drain.timeout = 0
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_node_says_where_it_listens_and_that_it_is_ready_and_stops_when_it_is_told()
    {
        var output = new LineHistoryWriter();
        using var stop = new CancellationTokenSource();
        using var error = new StringWriter();

        var run = CommandLine.RunAsync(["run", _folder.Write("a.conf", Node)], output, error, stop.Token);
        var listens = await output.Lines.FindAsync(line => line.StartsWith("listener connect-in listens on ", StringComparison.Ordinal));
        Assert.NotNull(await output.Lines.FindAsync(line => line == "ready"));
        using (var probe = new TcpClient())
        {
            await probe.ConnectAsync(IPEndPoint.Parse(listens!["listener connect-in listens on ".Length..]));
        }

        await stop.CancelAsync();

        Assert.Equal(0, await run);
        Assert.Equal(["listener connect-in", "ready", "stopping", "stopped"], output.Lines.Last(10).Select(line => line.Split(" listens")[0]));
        Assert.Equal("draining: no tunnel is left\n", error.ToString());
    }

    [Fact]
    public async Task A_port_in_use_gives_one_line_with_its_key_and_the_address()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var run = await CommandLineRun.OfAsync("run", _folder.Write("a.conf", Node), "--set", $"listeners.connect-in.bind={taken.LocalEndpoint}");

        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.StartsWith(
            $"listeners.connect-in.bind: {taken.LocalEndpoint} is in use (EADDRINUSE)", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_admin_port_in_use_gives_one_line_and_no_listener_is_bound()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var run = await CommandLineRun.OfAsync("run", _folder.Write("a.conf", Node), "--set", $"admin.bind={taken.LocalEndpoint}");

        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.StartsWith($"admin.bind: {taken.LocalEndpoint} is in use (EADDRINUSE)", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_another_machine_gives_one_line()
    {
        // TEST-NET-1, RFC 5737: nobody has it.
        var run = await CommandLineRun.OfAsync("run", _folder.Write("a.conf", Node), "--set", "listeners.connect-in.bind=192.0.2.1:0");

        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.Contains("EADDRNOTAVAIL", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_key_and_an_unreadable_certificate_are_found_before_anything_is_bound()
    {
        Assert.True(CertificateFolder.TryWrite(
            _folder.File("certs"), CertificateNames.Localhost, TimeProvider.System.GetUtcNow(), days: 1, out _, out var problem), problem);
        var file = _folder.Write("a.conf", Node);
        string[] Tls(string cert, string key) =>
        [
            "run", file, "--set", $"listeners.connect-in.tls.cert={_folder.File(cert)}", "--set", $"listeners.connect-in.tls.key={_folder.File(key)}",
        ];

        var badKey = await CommandLineRun.OfAsync(Tls("certs/server.pem", "certs/client-key.pem"));
        var missing = await CommandLineRun.OfAsync(Tls("certs/none.pem", "certs/server-key.pem"));

        Assert.Equal((2, ""), (badKey.Code, badKey.Output));
        Assert.Contains("does not belong to the certificate", Assert.Single(badKey.ErrorLines), StringComparison.Ordinal);
        Assert.Equal((2, ""), (missing.Code, missing.Output));
        Assert.Contains("does not exist", Assert.Single(missing.ErrorLines), StringComparison.Ordinal);
    }

    /// <summary>As a process of its own, since the log is this process's standard error.</summary>
    [Theory]
    [InlineData("akka.loglevel=LOUD", "Unknown LogLevel: \"LOUD\"")]
    [InlineData("akka.actor.default-dispatcher.type=Nonsense", "Could not resolve dispatcher type Nonsense")]
    [InlineData("akka.cluster.gossip-interval=x", "The input string 'x' was not in a correct format.")]
    public async Task An_akka_block_that_Akka_cannot_use_gives_one_line(string option, string problem)
    {
        var run = await ForeignProgram.RunAsync(
            "dotnet", Path.Combine(AppContext.BaseDirectory, "actortunnel.dll"), "run", _folder.Write("a.conf", Node), "--set", "mesh.bind=127.0.0.1:0", "--set", option);

        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.StartsWith($"the akka block cannot be used: {problem}", Assert.Single(run.Error.Split('\n')), StringComparison.Ordinal);
    }

    /// <summary>Akka's remoting wraps it several times over, and has a line of its own in the log.</summary>
    [Fact]
    public async Task What_is_wrong_with_a_key_of_remoting_is_said_too()
    {
        var run = await CommandLineRun.OfAsync(
            "run", _folder.Write("a.conf", Node), "--set", "mesh.bind=127.0.0.1:0", "--set", "akka.remote.dot-netty.tcp.maximum-frame-size=x");

        Assert.Equal((2, "the akka block cannot be used: The input string 'x' was not in a correct format."), (run.Code, Assert.Single(run.ErrorLines)));
    }

    [Fact]
    public async Task Verification_turned_off_is_warned_of_at_each_start()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var file = _folder.Write("a.conf", """
            actortunnel {
              listeners.in { tunnel { upstream = far, authority = "a:1" } }
              upstreams.far { endpoints = ["127.0.0.1:1"], protocol = http2, tls.insecure-skip-verify = true }
            }
            """);

        // The port in use only ends the run.
        var run = await CommandLineRun.OfAsync("run", file, "--set", $"listeners.in.bind={taken.LocalEndpoint}");

        Assert.Contains(run.ErrorLines, line =>
            line.StartsWith("warning: ", StringComparison.Ordinal) && line.Contains("insecure-skip-verify", StringComparison.Ordinal));
    }
}
