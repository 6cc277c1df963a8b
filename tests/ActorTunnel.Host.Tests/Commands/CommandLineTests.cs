using Xunit;

namespace ActorTunnel.Host.Tests.Commands;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("", "one of run, check, drain, nodes, demo, certs, origin, import-envoy is required")]
    [InlineData("demmo", "unknown command 'demmo', did you mean 'demo'?")]
    [InlineData("tunnel a b --c", "unknown command 'tunnel'")]
    [InlineData("--verbose", "unknown option '--verbose'")]
    [InlineData("run", "FILE")]
    [InlineData("run a.conf --sett b=c", "unknown option '--sett', did you mean '--set'?")]
    [InlineData("run a.conf --set", "--set needs a value: KEY=VALUE")]
    [InlineData("run a.conf --set node.name=a --set", "--set needs a value: KEY=VALUE")]
    [InlineData("run a.conf --set node.name=a --set --", "--set needs a value: KEY=VALUE")]
    [InlineData("run --set", "--set needs a value: KEY=VALUE")]
    [InlineData("drain --config a.conf --config", "--config needs a value: FILE")]
    [InlineData("certs --dns a.example --out a --dns", "--dns needs a value")]
    [InlineData("check --jsn a.conf", "unknown option '--jsn', did you mean '--json'?")]
    [InlineData("demo 100", "unknown argument '100'")]
    [InlineData("demo --sizes 100", "unknown option '--sizes', did you mean '--size'?")]
    [InlineData("demo --size 0", "--size 0: must be 1 to 1000000")]
    [InlineData("demo --size x", "--size x: must be 1 to 1000000")]
    [InlineData("demo --keep --json", "one of the two")]
    [InlineData("certs", "--out")]
    [InlineData("import-envoy", "FILE")]
    [InlineData("import-envoy a.yaml --lenien", "unknown option '--lenien', did you mean '--lenient'?")]
    [InlineData("certs --out a --days 0", "--days 0: must be 1 to 3650")]
    [InlineData("origin --bind 127.1:1", "--bind 127.1:1: has no IP address in front of its port; allowed: an IP address and a port")]
    public async Task A_mistake_gives_one_line_on_standard_error_and_2(string arguments, string problem)
    {
        var run = await CommandLineRun.OfAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal((2, ""), (run.Code, run.Output));
        var line = Assert.Single(run.ErrorLines);
        Assert.StartsWith("actortunnel", line, StringComparison.Ordinal);
        Assert.Contains(problem, line, StringComparison.Ordinal);
        Assert.EndsWith("--help)", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("run --help")]
    [InlineData("demo -h")]
    public async Task Help_goes_to_standard_output(string arguments)
    {
        var run = await CommandLineRun.OfAsync(arguments.Split(' '));

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains("Usage:", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_that_begins_with_an_at_sign_is_no_file_of_arguments()
    {
        var run = await CommandLineRun.OfAsync("check", "@missing");

        Assert.Equal(2, run.Code);
        Assert.Equal("@missing: does not exist", Assert.Single(run.ErrorLines));
    }
}
