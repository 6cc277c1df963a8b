using Xunit;

namespace ActorTunnel.Host.Tests.Interception;

/// <summary>What <c>scripts/intercept.sh</c> sets, prints and removes.</summary>
[Collection(InterceptionNetwork.Name)]
public sealed class InterceptScriptTests(InterceptionNetwork network) : IAsyncLifetime
{
    // Whoever runs the tests may be root: a mistake that is not found must do no harm.
    private const string Up = "up --dry-run --mode redirect --to 15001 --exclude-uid root";

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => network.RemoveRulesAsync();

    [Theory]
    [InlineData("", "a command is missing; allowed: up, down, status")]
    [InlineData("upp", "'upp' is no command; allowed: up, down, status")]
    [InlineData("down --mode tproxy", "down: '--mode' is no option of it; allowed: --dry-run")]
    [InlineData("status --dry-run", "status: '--dry-run' is no option of it; allowed: none")]
    [InlineData("up --dry-run --to 1", "--mode is missing; allowed: redirect or tproxy")]
    [InlineData("up --dry-run --mode dnat --to 1", "--mode dnat: allowed: redirect or tproxy")]
    [InlineData("up --dry-run --mode redirect", "--to is missing; allowed: a port, 1 to 65535")]
    [InlineData("up --dry-run --mode redirect --to", "--to: a value is missing")]
    [InlineData("up --dry-run --mode redirect --to 0", "--to 0: allowed: a port, 1 to 65535")]
    [InlineData("up --dry-run --mode redirect --to 65536", "--to 65536: allowed: a port, 1 to 65535")]
    [InlineData("up --dry-run --mode redirect --to 1;2", "--to 1;2: allowed: a port, 1 to 65535")]
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
        "up --dry-run --mode redirect --to 1",
        "--hook output: the encapsulator's own connections would come back to it; needed: --exclude-uid, --exclude-mark or --exclude-cidr")]
    public async Task A_mistake_is_one_line_with_the_option_and_what_is_allowed(string arguments, string expected)
    {
        var run = await ForeignProgram.RunAsync(["bash", InterceptionNetwork.Script, .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.Equal((2, "", $"intercept.sh: {expected}"), (run.Code, run.Output, run.Error));
    }

    /// <summary>Else nothing would be intercepted, or not all that was asked for, without a word.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("443\n80")]
    public async Task Ports_that_are_none_or_stand_on_several_lines_are_a_mistake(string ports)
    {
        var run = await ForeignProgram.RunAsync(
            ["bash", InterceptionNetwork.Script, "up", "--dry-run", "--mode", "redirect", "--to", "15001", "--exclude-uid", "root", "--ports", ports]);

        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.Equal("intercept.sh: --ports: nothing, or more than one line; allowed: ports 1 to 65535 and ranges with commas between, or all", run.Error);
    }

    [NetworkNamespaceTheory]
    [InlineData("redirect")]
    [InlineData("tproxy")]
    public async Task Down_removes_every_rule_and_route_and_leaves_those_of_others(string mode)
    {
        const string foreign = "table inet foreign {\n\tchain empty {\n\t}\n}";
        (await InterceptionNetwork.RunAsync(network.Proxy, "nft", foreign)).Succeeded();
        var before = await StateAsync();
        Assert.Contains(foreign, before, StringComparison.Ordinal);

        await network.InterceptAsync(mode, "both");
        await network.InterceptAsync(mode, "both");
        var shown = (await network.InterceptAsync("status")).Succeeded();
        Assert.NotEqual(before, await StateAsync());
        (await network.InterceptAsync("down")).Succeeded();
        Assert.Equal(before, await StateAsync());
        (await network.InterceptAsync("down")).Succeeded();

        Assert.Contains("table inet actortunnel {", shown, StringComparison.Ordinal);
        Assert.Equal("no connection is intercepted", (await network.InterceptAsync("status")).Succeeded());
        Assert.Equal("10.77.0.1", OriginSite.CallerIn((await network.RunApplicationAsync(network.Proxy, OriginSite.Page("IPv4"))).Succeeded()));
        (await InterceptionNetwork.RunAsync(network.Proxy, "nft", "delete table inet foreign")).Succeeded();
    }

    [NetworkNamespaceFact]
    public async Task From_tproxy_to_redirect_the_routes_go_and_a_dry_run_touches_nothing()
    {
        await network.InterceptAsync("redirect", "output");
        var redirect = await StateAsync();
        string[] tproxy = ["up", "--mode", "tproxy", "--to", "1", "--hook", "prerouting"];

        var planned = (await network.InterceptAsync([.. tproxy, "--dry-run"])).Succeeded();
        Assert.Equal(redirect, await StateAsync());

        // What it prints is for a shell.
        (await InterceptionNetwork.RunAsync(network.Proxy, "bash", "-c", planned)).Succeeded();
        var byHand = await StateAsync();
        await network.InterceptAsync("redirect", "output");
        Assert.Equal(redirect, await StateAsync());
        (await network.InterceptAsync(tproxy)).Succeeded();

        Assert.NotEqual(redirect, byHand);
        Assert.Equal(byHand, await StateAsync());
    }

    [NetworkNamespaceFact]
    public async Task A_dry_run_prints_one_transaction_with_what_was_excluded_and_taken()
    {
        var printed = (await network.InterceptAsync(
            "up", "--mode", "redirect", "--to", "15001", "--hook", "both", "--ports", "80,8000-8100", "--exclude-uid", "root", "--exclude-uid", "17",
            "--exclude-mark", "0x7", "--exclude-cidr", "10.0.0.0/8", "--exclude-cidr", "fd00::/8", "--exclude-cidr", "::1", "--dry-run")).Succeeded();

        string[] lines = [.. printed.Split('\n').Select(line => line.Trim())];
        Assert.Equal(["nft -f - <<'END'", "add table inet actortunnel", "delete table inet actortunnel", "table inet actortunnel {"], lines[..4]);
        Assert.Equal(
            [
                "meta mark 0x7 return", "ip daddr 10.0.0.0/8 return", "ip6 daddr fd00::/8 return", "ip6 daddr ::1 return",
                "tcp dport 80 redirect to :15001", "tcp dport 8000-8100 redirect to :15001",
            ],
            lines.SkipWhile(line => !line.StartsWith("meta mark", StringComparison.Ordinal)).TakeWhile(line => line != "}"));
        Assert.Equal(["meta skuid 0 return", "meta skuid 17 return"], lines.Where(line => line.StartsWith("meta skuid", StringComparison.Ordinal)));
        Assert.Equal("END", lines[^1]);
    }

    [NetworkNamespaceFact]
    public async Task Who_may_not_change_the_rules_is_told_in_one_line()
    {
        var run = await network.InterceptAsNobodyAsync("up", "--mode", "redirect", "--to", "1", "--exclude-uid", "root");

        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.Matches("^intercept.sh: nft cannot be used: .*; needed: root, or CAP_NET_ADMIN$", run.Error);
    }

    /// <summary>All rules, policies and routes of the proxy's namespace.</summary>
    private async Task<string> StateAsync() => (await InterceptionNetwork.RunAsync(
        network.Proxy, "bash", "-c", "nft list ruleset; ip rule; ip -6 rule; ip route show table all; ip -6 route show table all")).Succeeded();
}
