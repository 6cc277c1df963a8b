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
    [InlineData("worker.sh 1 --host 1:2", $"--host '1:2': {Host}")]
    [InlineData("edge.sh --host 999.1.1.1", $"--host '999.1.1.1': {Host}")]
    [InlineData("edge.sh --host 010.0.0.1", $"--host '010.0.0.1': {Host}")]
    [InlineData("edge.sh --host 1::2::3", $"--host '1::2::3': {Host}")]
    [InlineData("edge.sh --host ::12345", $"--host '::12345': {Host}")]
    [InlineData("edge.sh --host :::", $"--host ':::': {Host}")]
    [InlineData("edge.sh --host 1:2:3:4:5:6:7:8:9", $"--host '1:2:3:4:5:6:7:8:9': {Host}")]
    [InlineData("edge.sh --host 1:2:3:4::5:6:7:8", $"--host '1:2:3:4::5:6:7:8': {Host}")]
    [InlineData("edge.sh --host ::ffff:999.0.0.1", $"--host '::ffff:999.0.0.1': {Host}")]
    [InlineData("seed.sh --host ::ffff:0.0.0.0", "--host '::ffff:0.0.0.0': nobody can dial it; an IP address of this machine is allowed")]
    [InlineData("edge.sh --host", $"--host '': {Host}")]
    [InlineData("seed.sh --host 0.0.0.0", "--host '0.0.0.0': nobody can dial it; an IP address of this machine is allowed")]
    [InlineData("seed.sh --host ::", "--host '::': nobody can dial it; an IP address of this machine is allowed")]
    [InlineData("edge.sh --seeds", $"--seeds '': {Seeds}")]
    [InlineData("edge.sh --seeds 10.0.0.1", $"--seeds '10.0.0.1': {Seeds}")]
    [InlineData("edge.sh --seeds 10.0.0.1:1,", $"--seeds '10.0.0.1:1,': {Seeds}")]
    [InlineData("edge.sh --seeds ,10.0.0.1:1", $"--seeds ',10.0.0.1:1': {Seeds}")]
    [InlineData("edge.sh --seeds [::1]:1,", $"--seeds '[::1]:1,': {Seeds}")]
    [InlineData("edge.sh --seeds [1:2]:1", $"--seeds '[1:2]:1': {Seeds}")]
    [InlineData("edge.sh --seeds ::1:2551", $"--seeds '::1:2551': {Seeds}")]
    [InlineData("edge.sh --seeds 999.1.1.1:1", $"--seeds '999.1.1.1:1': {Seeds}")]
    [InlineData("edge.sh --seeds a:0", $"--seeds 'a:0': {Seeds}")]
    [InlineData("edge.sh --seeds a:65536", $"--seeds 'a:65536': {Seeds}")]
    [InlineData("edge.sh --seed 10.0.0.1:1", "'--seed' is not known; allowed: --host ADDRESS, --seeds HOST:PORT,…, and -- with arguments of run behind it (--help tells more)")]
    public async Task A_mistake_is_one_line_that_says_what_is_allowed(string command, string expected)
    {
        var words = command.Split(' ');

        var run = await ForeignProgram.RunAsync(["bash", Path.Combine(ConfigurationTest.Root, "scripts", words[0]), .. words[1..]]);

        Assert.Equal((2, "", $"{words[0]}: {expected}"), (run.Code, run.Output, run.Error));
    }

    [Theory]
    [InlineData("--host 10.0.0.1", "10.0.0.1 -")]
    [InlineData("--host ::1", "[::1] -")]
    [InlineData("--host 2001:db8::", "[2001:db8::] -")]
    [InlineData("--host 1:2:3:4:5:6:7:8", "[1:2:3:4:5:6:7:8] -")]
    [InlineData("--host ::FFFF:10.0.0.1", "[::FFFF:10.0.0.1] -")]
    [InlineData("--seeds 10.0.0.1:2551", "- 10.0.0.1:2551")]
    [InlineData("--seeds seed-1.example:2551,10.0.0.1:65535", "- seed-1.example:2551,10.0.0.1:65535")]
    [InlineData("--seeds [::1]:2551,[2001:db8::1]:2552", "- [::1]:2551,[2001:db8::1]:2552")]
    [InlineData("--host ::1 --seeds [::1]:1,a.example:2", "[::1] [::1]:1,a.example:2")]
    public async Task An_address_that_can_be_dialled_is_taken(string options, string expected)
    {
        var script = Path.Combine(ConfigurationTest.Root, "scripts", "node.bash");

        var run = await ForeignProgram.RunAsync(
            ["bash", "-euo", "pipefail", "-c", $"source '{script}'; read_options \"$@\"; echo \"${{node_host:--}} ${{node_seeds:--}}\"", "node", .. options.Split(' ')]);

        Assert.Equal(expected, run.Succeeded());
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
