using System.Text.Json.Nodes;
using ActorTunnel.Host.Commands;
using Xunit;

namespace ActorTunnel.Host.Tests.Commands;

public sealed class DemoCommandTests
{
    [Fact]
    public async Task Three_processes_move_every_byte_and_are_gone_afterwards_with_their_folder()
    {
        var run = await CommandLineRun.OfAsync("demo", "--size", "3", "--json");

        Assert.True(run.Code == 0, run.Error);
        var answer = JsonNode.Parse(run.Output)!;
        Assert.True((bool)answer["ok"]!);
        Assert.Equal(["page", "upload", "download"], answer["transfers"]!.AsArray().Select(transfer => (string)transfer!["name"]!));
        Assert.Equal(3 * 1024 * 1024, (long)answer["transfers"]![2]!["payload-bytes"]!);
        Assert.Equal((string)answer["transfers"]![1]!["sha256"]!, (string)answer["transfers"]![2]!["sha256"]!);
        Assert.StartsWith("TLSv1.3", (string)Assert.Single(answer["sessions"]!.AsArray())!["security"]!, StringComparison.Ordinal);
        Assert.Equal(3, answer["nodes"]!.AsArray().Count);
        Assert.All(answer["nodes"]!.AsArray(), node => Assert.False(Directory.Exists($"/proc/{node!["process"]}")));
    }

    [Fact]
    public async Task A_stop_before_the_end_is_no_success_and_leaves_nothing_behind()
    {
        using var output = new LineHistoryWriter();
        using var error = new StringWriter();
        using var stop = new CancellationTokenSource();

        // Far more than a test's patience: it ends because it is stopped.
        var run = CommandLine.RunAsync(["demo", "--size", "100000"], output, error, stop.Token);
        var origin = await output.Lines.FindAsync(line => line.StartsWith("origin (process ", StringComparison.Ordinal));
        Assert.NotNull(await output.Lines.FindAsync(line => line.StartsWith("page: ", StringComparison.Ordinal)));
        await stop.CancelAsync();

        Assert.Equal(130, await run);
        Assert.Equal("demo: interrupted\n", error.ToString());
        Assert.False(Directory.Exists($"/proc/{origin!.Split(' ', ')')[2]}"));
    }

    [Fact]
    public async Task A_node_that_dies_is_named()
    {
        using var output = new LineHistoryWriter();
        using var error = new StringWriter();

        var run = CommandLine.RunAsync(["demo", "--size", "100000"], output, error, CancellationToken.None);
        var line = await output.Lines.FindAsync(line => line.StartsWith("terminator (process ", StringComparison.Ordinal));
        Assert.NotNull(await output.Lines.FindAsync(line => line.StartsWith("page: ", StringComparison.Ordinal)));
        using (var terminator = System.Diagnostics.Process.GetProcessById(int.Parse(line!.Split(' ', ')')[2], null)))
        {
            terminator.Kill();
        }

        Assert.Equal(1, await run);
        Assert.Contains("the terminator ended with exit code 137", error.ToString(), StringComparison.Ordinal);
    }
}
