using ActorTunnel.Host.Tests.Configuration;
using Xunit;

namespace ActorTunnel.Host.Tests.Interception;

/// <summary>The command line of <c>scripts/intercept.sh</c>. Nothing here touches a rule.</summary>
public sealed class InterceptScriptTests
{
    private const string Up = "up --mode redirect --to 15001 --exclude-uid root";

    [Theory]
    [InlineData("", "a command is missing; allowed: up, down, status")]
    [InlineData("upp", "'upp' is no command; allowed: up, down, status")]
    [InlineData("down --mode tproxy", "down: '--mode' is no option of it; allowed: --dry-run")]
    [InlineData("status --dry-run", "status: '--dry-run' is no option of it; allowed: none")]
    [InlineData("up --to 1", "--mode is missing; allowed: redirect or tproxy")]
    [InlineData("up --mode dnat --to 1", "--mode dnat: allowed: redirect or tproxy")]
    [InlineData("up --mode redirect", "--to is missing; allowed: a port, 1 to 65535")]
    [InlineData("up --mode redirect --to", "--to: a value is missing")]
    [InlineData("up --mode redirect --to 0", "--to 0: allowed: a port, 1 to 65535")]
    [InlineData("up --mode redirect --to 65536", "--to 65536: allowed: a port, 1 to 65535")]
    [InlineData("up --mode redirect --to 1;2", "--to 1;2: allowed: a port, 1 to 65535")]
    [InlineData($"{Up} --hook input", "--hook input: allowed: output, prerouting or both")]
    [InlineData($"{Up} --hook prerouting", "--exclude-uid: a forwarded connection has no user; allowed: with --hook output or both")]
    [InlineData($"{Up} --ports 80,", "--ports 80,: a comma with nothing behind it; allowed: ports 1 to 65535 and ranges with commas between, or all")]
    [InlineData($"{Up} --ports 80,90-81", "--ports 80,90-81: '90-81' is wrong; allowed: ports 1 to 65535 and ranges with commas between, or all")]
    [InlineData($"{Up} --ports http", "--ports http: 'http' is wrong; allowed: ports 1 to 65535 and ranges with commas between, or all")]
    [InlineData($"{Up} --exclude-uid no.such.user", "--exclude-uid no.such.user: no such user; allowed: a user's name, or a number up to 4294967294")]
    [InlineData($"{Up} --exclude-mark 0", "--exclude-mark 0: allowed: 1 to 4294967295, or 0x1 to 0xffffffff")]
    [InlineData($"{Up} --exclude-mark 0x20000001", "--exclude-mark 0x20000001: the bit 0x20000000 is used for interception itself; allowed: marks without it")]
    [InlineData($"{Up} --exclude-cidr 10.0.0.0/33", "--exclude-cidr 10.0.0.0/33: allowed: an address, or one with its length, as in 10.0.0.0/8 or fd00::/8")]
    [InlineData($"{Up} --exclude-cidr 10.0.0.256", "--exclude-cidr 10.0.0.256: allowed: an address, or one with its length, as in 10.0.0.0/8 or fd00::/8")]
    [InlineData($"{Up} --exclude-cidr fd00::/129", "--exclude-cidr fd00::/129: allowed: an address, or one with its length, as in 10.0.0.0/8 or fd00::/8")]
    [InlineData($"{Up} --exclude-cidr fd00::1::", "--exclude-cidr fd00::1::: allowed: an address, or one with its length, as in 10.0.0.0/8 or fd00::/8")]
    [InlineData($"{Up} --exclude-cidr 1:2:3:4:5:6:7", "--exclude-cidr 1:2:3:4:5:6:7: allowed: an address, or one with its length, as in 10.0.0.0/8 or fd00::/8")]
    [InlineData(
        $"{Up} --port 80",
        "up: '--port' is no option of it; allowed: --mode, --to, --hook, --ports, --exclude-uid, --exclude-mark, --exclude-cidr, --dry-run")]
    [InlineData(
        "up --mode redirect --to 1",
        "--hook output: the encapsulator's own connections would come back to it; needed: --exclude-uid, --exclude-mark or --exclude-cidr")]
    public async Task A_mistake_is_one_line_with_the_option_and_what_is_allowed(string arguments, string expected)
    {
        var run = await RunAsync(arguments);

        Assert.Equal((2, "", $"intercept.sh: {expected}"), (run.Code, run.Output, run.Error));
    }

    [Fact]
    public async Task A_dry_run_prints_one_transaction_with_what_was_excluded_and_taken()
    {
        var lines = await DryRunAsync(
            $"{Up} --hook both --ports 80,8000-8100 --exclude-mark 0x7 --exclude-cidr 10.0.0.0/8 --exclude-cidr fd00::/8 --exclude-cidr ::1");

        Assert.Equal(["nft -f - <<'END'", "add table inet actortunnel", "delete table inet actortunnel", "table inet actortunnel {"], lines[..4]);
        Assert.Equal(
            [
                "meta mark 0x7 return", "ip daddr 10.0.0.0/8 return", "ip6 daddr fd00::/8 return", "ip6 daddr ::1 return",
                "tcp dport 80 redirect to :15001", "tcp dport 8000-8100 redirect to :15001",
            ],
            lines.SkipWhile(line => !line.StartsWith("meta mark", StringComparison.Ordinal)).TakeWhile(line => line != "}"));
        Assert.Contains("meta skuid 0 return", lines);
        Assert.Contains("END", lines);
    }

    [Fact]
    public async Task Tproxy_keeps_the_routes_of_marked_packets_on_this_machine()
    {
        var lines = await DryRunAsync("up --mode tproxy --to 15002 --hook prerouting");

        Assert.Contains("ip -4 route replace local default dev lo table 20747", lines);
        Assert.Contains("ip -4 rule add fwmark 0x20000000/0x20000000 lookup 20747 preference 20747", lines);
        Assert.DoesNotContain(lines, line => line.Contains("hook output", StringComparison.Ordinal));
    }

    private static async Task<string[]> DryRunAsync(string arguments) =>
        [.. (await RunAsync($"{arguments} --dry-run")).Succeeded().Split('\n').Select(line => line.Trim())];

    private static Task<ProgramRun> RunAsync(string arguments) => ForeignProgram.RunAsync(
        ["bash", Path.Combine(ConfigurationTest.Root, "scripts", "intercept.sh"), .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
}
