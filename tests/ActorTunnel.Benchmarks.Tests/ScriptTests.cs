using System.Diagnostics;
using Xunit;

namespace ActorTunnel.Benchmarks.Tests;

/// <summary>What <c>scripts/bench.sh</c> says of a mistake.</summary>
public sealed class ScriptTests
{
    private const string Works = "bulk, messages, beside, opens, stalled, idle, link";
    private const string Chains = "direct, haproxy-tls, nginx-tls, actortunnel-h2c, actortunnel-tls, kestrel-tls, node-tls, nghttpx-httpd-tls";

    [Theory]
    [InlineData("--works bulk,idel", $"--works: 'idel' is not known; allowed: {Works}")]
    [InlineData("--works ,", $"--works: '' is not known; allowed: {Works}")]
    [InlineData("--chains envoy", $"--chains: 'envoy' is not known; allowed: {Chains}")]
    [InlineData("--runs 0", "--runs '0': 1 to 999 is allowed")]
    [InlineData("--seconds 0", "--seconds '0': 0.1 to 9999 is allowed")]
    [InlineData("--warm-up -1", "--warm-up '-1': 0 to 9999 is allowed")]
    [InlineData("--seconds", "--seconds: a value is missing")]
    [InlineData("5 3", "'5' is not known; allowed: --runs N, --seconds S, --warm-up S, --works LIST, --chains LIST, --out DIR, --quick (--help tells more)")]
    public async Task A_mistake_is_one_line_that_says_what_is_allowed(string options, string expected) =>
        Assert.Equal((2, "", $"bench.sh: {expected}\n"), await RunAsync(options));

    [Fact]
    public async Task Help_is_the_head_of_the_script_and_names_all_works_and_chains()
    {
        var (code, output, error) = await RunAsync("--help");

        Assert.Equal((0, ""), (code, error));
        Assert.All($"{Works}, {Chains}".Split(", "), name => Assert.Contains(name, output, StringComparison.Ordinal));
        Assert.DoesNotContain("set -euo", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string options)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "ActorTunnel.sln")))
        {
            root = root.Parent!;
        }

        var start = new ProcessStartInfo("bash", [Path.Combine(root.FullName, "scripts", "bench.sh"), .. options.Split(' ')])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
