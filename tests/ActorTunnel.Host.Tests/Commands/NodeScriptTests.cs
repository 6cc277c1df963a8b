using ActorTunnel.Host.Tests.Configuration;
using ActorTunnel.Host.Tests.Interception;
using Xunit;

namespace ActorTunnel.Host.Tests.Commands;

/// <summary>What <c>scripts/seed.sh</c>, <c>worker.sh</c> and <c>edge.sh</c> say of a mistake.</summary>
public sealed class NodeScriptTests
{
    private const string Seeds = "HOST:PORT is allowed, or several with commas between them, as the seeds print them behind 'mesh listens on'";
    private const string Host = "an IP address of this machine is allowed, one that the other members can dial";

    [Theory]
    [InlineData("worker.sh", "'': the first argument is the worker's number, 1 or more, as in scripts/worker.sh 1")]
    [InlineData("worker.sh one", "'one': the first argument is the worker's number, 1 or more, as in scripts/worker.sh 1")]
    [InlineData("worker.sh 0", "'0': the first argument is the worker's number, 1 or more, as in scripts/worker.sh 1")]
    [InlineData("worker.sh 1 --host terminator.example", $"--host 'terminator.example': {Host}")]
    [InlineData("edge.sh --host", $"--host '': {Host}")]
    [InlineData("seed.sh --host 0.0.0.0", "--host '0.0.0.0': nobody can dial it; an IP address of this machine is allowed")]
    [InlineData("seed.sh --host ::", "--host '::': nobody can dial it; an IP address of this machine is allowed")]
    [InlineData("edge.sh --seeds", $"--seeds '': {Seeds}")]
    [InlineData("edge.sh --seeds 10.0.0.1", $"--seeds '10.0.0.1': {Seeds}")]
    [InlineData("edge.sh --seeds 10.0.0.1:1,", $"--seeds '10.0.0.1:1,': {Seeds}")]
    [InlineData("edge.sh --seed 10.0.0.1:1", "'--seed' is not known; allowed: --host ADDRESS, --seeds HOST:PORT,…, and -- with arguments of run behind it (--help tells more)")]
    public async Task A_mistake_is_one_line_that_says_what_is_allowed(string command, string expected)
    {
        var words = command.Split(' ');

        var run = await ForeignProgram.RunAsync(["bash", Path.Combine(ConfigurationTest.Root, "scripts", words[0]), .. words[1..]]);

        Assert.Equal((2, "", $"{words[0]}: {expected}"), (run.Code, run.Output, run.Error));
    }

    [Theory]
    [InlineData("seed.sh")]
    [InlineData("worker.sh")]
    [InlineData("edge.sh")]
    public async Task Help_is_the_head_of_the_script(string script)
    {
        var run = await ForeignProgram.RunAsync("bash", Path.Combine(ConfigurationTest.Root, "scripts", script), "--help");

        Assert.Contains($"scripts/{script} ", run.Succeeded(), StringComparison.Ordinal);
        Assert.Contains("--seeds", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("set -euo", run.Output, StringComparison.Ordinal);
    }
}
