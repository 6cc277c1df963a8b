using ActorTunnel.Benchmarks.Harness.Works;
using Xunit;

namespace ActorTunnel.Benchmarks.Tests;

/// <summary>Options of the subcommand bench.</summary>
public sealed class OptionsTests
{
    private static readonly string[] Needed = ["--chain", "direct", "--target", "127.0.0.1:1", "--origin", "127.0.0.1:2", "--results", "file"];

    [Theory]
    [InlineData("--works bulk,idle")]
    [InlineData("--process front=1 --process back=22 --seconds 0.5 --run 3")]
    [InlineData("--skip opens=it=cannot --most-tunnels 4 --no-half-close --connect a:1")]
    public void These_are_allowed(string options) => Assert.Empty(Errors(options));

    [Theory]
    [InlineData("--works bulk,idel", "--works: 'idel' is no work; allowed: bulk, messages, beside, opens, stalled, idle, link")]
    [InlineData("--works bulk,", "--works: '' is no work; allowed: bulk, messages, beside, opens, stalled, idle, link")]
    [InlineData("--process front", "--process: 'front' is not NAME=PROCESS-ID, each name once, such as front=4711")]
    [InlineData("--process front=-1", "--process: 'front=-1' is not NAME=PROCESS-ID, each name once, such as front=4711")]
    [InlineData("--process front=1 --process front=2", "--process: 'front=2' is not NAME=PROCESS-ID, each name once, such as front=4711")]
    [InlineData("--skip opens", "--skip: 'opens' is not WORK=REASON, each work once; works: bulk, messages, beside, opens, stalled, idle, link")]
    [InlineData("--seconds 0.01", "--seconds: 0.1 or more is allowed")]
    [InlineData("--run 0", "--run: 1 or more is allowed")]
    public void A_mistake_is_one_line_that_says_what_is_allowed(string options, string expected) => Assert.Equal([expected], Errors(options));

    [Fact]
    public void Works_and_processes_are_read()
    {
        var works = BenchOptions.Works();
        var processes = BenchOptions.Processes();
        var parsed = new System.CommandLine.Command("x") { works, processes }.Parse("--works opens,bulk --process front=7 --process back=8");

        Assert.Equal(["opens", "bulk"], parsed.GetRequiredValue(works));
        Assert.Equal(new Dictionary<string, int> { ["front"] = 7, ["back"] = 8 }, parsed.GetRequiredValue(processes));
    }

    private static IEnumerable<string> Errors(string options) =>
        BenchCommand.CreateCommand().Parse([.. Needed, .. options.Split(' ')]).Errors.Select(error => error.Message);
}
