using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using ActorTunnel.Host.Demo;
using Xunit;

namespace ActorTunnel.Host.Tests.Interception;

/// <summary>Applications that know nothing of a proxy, the rules of <c>scripts/intercept.sh</c>, and our program as separate processes.</summary>
public sealed class InterceptionTests(InterceptionNetwork network) : IClassFixture<InterceptionNetwork>, IAsyncLifetime
{
    private const int CouldNotConnect = 7;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (NetworkNamespaces.WhyNot is null)
        {
            (await network.InterceptAsync("down")).Succeeded();
        }
    }

    [NetworkNamespaceTheory]
    [InlineData("redirect", "output", "IPv4")]
    [InlineData("redirect", "output", "IPv6")]
    [InlineData("redirect", "prerouting", "IPv4")]
    [InlineData("redirect", "prerouting", "IPv6")]
    [InlineData("tproxy", "output", "IPv4")]
    [InlineData("tproxy", "output", "IPv6")]
    [InlineData("tproxy", "prerouting", "IPv4")]
    [InlineData("tproxy", "prerouting", "IPv6")]
    public async Task An_application_that_knows_nothing_of_a_proxy_reaches_its_origin_through_the_tunnel(string mode, string hook, string family)
    {
        var origin = InterceptionNetwork.OriginOf(family);
        await network.InterceptAsync(mode, hook);

        // It dials the origin and checks the origin's certificate.
        var application = await network.RunApplicationAsync(
            hook == "output" ? network.Proxy : network.Client, "--write-out", "%{local_ip} %{local_port}", $"https://{origin}/");
        var page = application.Succeeded();
        Assert.Contains($"<th>host</th><td>{origin}</td>", page, StringComparison.Ordinal);

        // The origin was dialled by the terminator, which lives beside it.
        Assert.Equal(family == "IPv6" ? "fd77::2" : "10.77.0.2", Caller(page));

        // The encapsulator took this very connection, for where it was going.
        var own = page.Split('\n')[^1].Split(' ');
        var taken = await AccessAsync(network.Encapsulator, fields => fields["downstream"] == Text(own[0], own[1]));
        Assert.Equal(
            (InterceptionNetwork.ListenerName(mode, family), origin, "200", "clean/downstream", "clean/upstream"),
            (taken["listener"], taken["authority"], taken["status"], taken["upstream-end"], taken["downstream-end"]));

        // The terminator was asked for the same.
        var asked = await AccessAsync(network.Terminator, fields => fields["stream"] == taken["stream"]);
        Assert.Equal((origin, family == "IPv6" ? "origin-v6" : "origin-v4"), (asked["authority"], asked["upstream"]));
    }

    [NetworkNamespaceTheory]
    [InlineData("redirect", "IPv4")]
    [InlineData("tproxy", "IPv6")]
    public async Task A_large_body_crosses_an_intercepted_connection_whole(string mode, string family)
    {
        var body = new string('b', 8 * 1024 * 1024);
        await network.InterceptAsync(mode, "both");

        await using var upload = network.StartApplication(network.Client, "--upload-file", "-", Upload(family));
        await upload.Input.WriteAsync(body);
        upload.Input.Close();

        Assert.Equal(Receipt(body), (await upload.EndAsync()).Succeeded());
    }

    [NetworkNamespaceTheory]
    [InlineData("redirect")]
    [InlineData("tproxy")]
    public async Task The_excluded_user_goes_past_the_encapsulator(string mode)
    {
        await network.InterceptAsync(mode, "both");

        var root = await network.RunAsRootAsync(network.Proxy, Page("IPv4"));
        var other = await network.RunApplicationAsync(network.Proxy, Page("IPv4"));

        Assert.Equal(("10.77.0.1", "10.77.0.2"), (Caller(root.Succeeded()), Caller(other.Succeeded())));
    }

    [NetworkNamespaceTheory]
    [InlineData("redirect", "--ports", "80,8000-8442")]
    [InlineData("redirect", "--exclude-cidr", "10.77.0.0/16")]
    [InlineData("tproxy", "--ports", "80,8444")]
    [InlineData("tproxy", "--exclude-cidr", "10.77.0.2")]
    public async Task Other_ports_and_excluded_addresses_go_past_the_encapsulator(string mode, string option, string value)
    {
        (await network.InterceptAsync(
            "up", "--mode", mode, "--to", $"{InterceptionNetwork.ListenerPort(mode)}", "--exclude-uid", "root", option, value)).Succeeded();

        var application = await network.RunApplicationAsync(network.Proxy, Page("IPv4"));

        Assert.Equal("10.77.0.1", Caller(application.Succeeded()));
    }

    [NetworkNamespaceTheory]
    [InlineData("redirect")]
    [InlineData("tproxy")]
    public async Task A_connection_that_was_there_before_the_rules_goes_on_as_it_was(string mode)
    {
        await using var before = network.StartApplication(network.Proxy, "--verbose", "--upload-file", "-", Upload("IPv4"));
        await before.ErrorLineAsync(line => line.StartsWith("> PUT /upload", StringComparison.Ordinal));

        await network.InterceptAsync(mode, "both");
        var after = await network.RunApplicationAsync(network.Proxy, Page("IPv4"));
        await before.Input.WriteAsync("the rest");
        before.Input.Close();

        Assert.Equal("10.77.0.2", Caller(after.Succeeded()));
        Assert.Equal(Receipt("the rest"), (await before.EndAsync()).Succeeded());
    }

    [NetworkNamespaceTheory]
    [InlineData("redirect")]
    [InlineData("tproxy")]
    public async Task An_intercepted_connection_goes_on_while_the_rules_are_replaced(string mode)
    {
        await network.InterceptAsync(mode, "both");
        await using var application = network.StartApplication(network.Client, "--verbose", "--upload-file", "-", Upload("IPv4"));
        await application.ErrorLineAsync(line => line.StartsWith("> PUT /upload", StringComparison.Ordinal));

        await network.InterceptAsync(mode, "both", InterceptionNetwork.DeadPort);
        await application.Input.WriteAsync("the rest");
        application.Input.Close();

        Assert.Equal(Receipt("the rest"), (await application.EndAsync()).Succeeded());
    }

    [NetworkNamespaceTheory]
    [InlineData("redirect", "output")]
    [InlineData("redirect", "prerouting")]
    [InlineData("tproxy", "output")]
    [InlineData("tproxy", "prerouting")]
    public async Task Where_no_encapsulator_listens_the_application_is_refused_and_nothing_goes_past(string mode, string hook)
    {
        await network.InterceptAsync(mode, hook, InterceptionNetwork.DeadPort);

        var place = hook == "output" ? network.Proxy : network.Client;
        var refused = new[] { await network.RunApplicationAsync(place, Page("IPv4")), await network.RunApplicationAsync(place, Page("IPv6")) };

        // A packet that is lost instead would be a timeout.
        Assert.All(refused, application => Assert.Equal((CouldNotConnect, ""), (application.Code, application.Output)));
    }

    [NetworkNamespaceTheory]
    [InlineData("redirect", "10.76.0.1")]
    [InlineData("redirect", "[fd76::1]")]
    [InlineData("tproxy", "10.76.0.1")]
    [InlineData("tproxy", "[fd76::1]")]
    public async Task An_application_that_dials_the_listener_itself_is_reset_and_the_log_says_why(string mode, string address)
    {
        await network.InterceptAsync(mode, "both");

        var listener = $"{address}:{InterceptionNetwork.ListenerPort(mode)}";
        var application = await network.RunApplicationAsync(network.Client, $"https://{listener}/");

        // A reset that is there before curl looks at its new connection is a failed connect to it; after a clean end it would have complained about TLS.
        Assert.True(
            application.Code == CouldNotConnect || application.Error.Contains("reset by peer", StringComparison.Ordinal), application.Error);
        var refused = await AccessAsync(network.Encapsulator, fields => fields["local"] == listener);
        Assert.Equal((null, null, "address-prohibited"), (refused["endpoint"], refused["status"], refused["reason"]));
        Assert.Matches("destination is (this listener|a listener of this node)$", refused["detail"]);
    }

    [NetworkNamespaceTheory]
    [InlineData("redirect")]
    [InlineData("tproxy")]
    public async Task The_services_of_the_machine_itself_stay_reachable(string mode)
    {
        await network.InterceptAsync(mode, "both");
        await using var service = ForeignProgram.Start(
            "ip", "netns", "exec", network.Proxy, "dotnet", Path.Combine(AppContext.BaseDirectory, "actortunnel.dll"), "origin", "--bind", "[::]:80");
        await service.LineAsync(line => line.StartsWith("origin listens on ", StringComparison.Ordinal));

        var pages = new[]
        {
            await network.RunApplicationAsync(network.Client, "--insecure", "https://10.76.0.1:80/"),
            await network.RunApplicationAsync(network.Client, "--insecure", "https://[fd76::1]:80/"),
            await network.RunApplicationAsync(network.Proxy, "--insecure", "https://10.77.0.1:80/"),
            await network.RunApplicationAsync(network.Proxy, "--insecure", "https://127.0.0.1:80/"),
        };

        Assert.Equal(["10.76.0.2", "fd76::2", "10.77.0.1", "127.0.0.1"], pages.Select(page => Caller(page.Succeeded())));
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
        Assert.Equal("10.77.0.1", Caller((await network.RunApplicationAsync(network.Proxy, Page("IPv4"))).Succeeded()));
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
    public async Task Who_may_not_change_the_rules_is_told_in_one_line()
    {
        var run = await network.InterceptAsNobodyAsync("up", "--mode", "redirect", "--to", "1", "--exclude-uid", "root");

        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.Matches("^intercept.sh: nft cannot be used: .*; needed: root, or CAP_NET_ADMIN$", run.Error);
    }

    private static string Page(string family) => $"https://{InterceptionNetwork.OriginOf(family)}/";

    private static string Upload(string family) => $"https://{InterceptionNetwork.OriginOf(family)}/upload";

    /// <summary>What the origin answers to an upload.</summary>
    private static string Receipt(string body) =>
        $"size: {body.Length}\nsha256: {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)))}";

    /// <summary>Who dialled the origin, as its page says it.</summary>
    private static string Caller(string page)
    {
        var from = IPAddress.Parse(Regex.Match(page, "<th>from</th><td>(.*) port").Groups[1].Value);
        return (from.IsIPv4MappedToIPv6 ? from.MapToIPv4() : from).ToString();
    }

    private static string Text(string address, string port) => new IPEndPoint(IPAddress.Parse(address), int.Parse(port, null)).ToString();

    private static async Task<LogFields> AccessAsync(ForeignProgram node, Func<LogFields, bool> isWanted)
    {
        const string prefix = "access ";
        LogFields? wanted = null;
        await node.LineAsync(line => line.StartsWith(prefix, StringComparison.Ordinal)
            && LogFields.TryParse(line[prefix.Length..], out wanted) && isWanted(wanted));
        return wanted!;
    }

    /// <summary>All rules, policies and routes of the proxy's namespace.</summary>
    private async Task<string> StateAsync() => (await InterceptionNetwork.RunAsync(
        network.Proxy, "bash", "-c", "nft list ruleset; ip rule; ip -6 rule; ip route show table all; ip -6 route show table all")).Succeeded();
}
