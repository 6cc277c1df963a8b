using System.Net;
using ActorTunnel.Host.Demo;
using Xunit;

namespace ActorTunnel.Host.Tests.Interception;

/// <summary>Applications that know nothing of a proxy, the rules of <c>scripts/intercept.sh</c>, and our program as separate processes.</summary>
[Collection(InterceptionNetwork.Name)]
public sealed class InterceptionTests(InterceptionNetwork network) : IAsyncLifetime
{
    private const int CouldNotConnect = 7;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => network.RemoveRulesAsync();

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
        Assert.Equal(family == "IPv6" ? "fd77::2" : "10.77.0.2", OriginSite.CallerIn(page));

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

        await using var upload = network.StartApplication(network.Client, "--upload-file", "-", OriginSite.Upload(family));
        await upload.Input.WriteAsync(body);
        upload.Input.Close();

        Assert.Equal(OriginSite.ReceiptOf(body), (await upload.EndAsync()).Succeeded());
    }

    [NetworkNamespaceTheory]
    [InlineData("redirect")]
    [InlineData("tproxy")]
    public async Task The_excluded_user_goes_past_the_encapsulator(string mode)
    {
        await network.InterceptAsync(mode, "both");

        var root = await network.RunAsRootAsync(network.Proxy, OriginSite.Page("IPv4"));
        var other = await network.RunApplicationAsync(network.Proxy, OriginSite.Page("IPv4"));

        Assert.Equal(("10.77.0.1", "10.77.0.2"), (OriginSite.CallerIn(root.Succeeded()), OriginSite.CallerIn(other.Succeeded())));
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

        var application = await network.RunApplicationAsync(network.Proxy, OriginSite.Page("IPv4"));

        Assert.Equal("10.77.0.1", OriginSite.CallerIn(application.Succeeded()));
    }

    [NetworkNamespaceTheory]
    [InlineData("redirect")]
    [InlineData("tproxy")]
    public async Task Packets_with_an_excluded_mark_go_past_the_encapsulator(string mode)
    {
        const string marking = "table inet marking { chain every { type filter hook output priority raw; tcp dport 8443 meta mark set 0x7; }; }";
        (await InterceptionNetwork.RunAsync(network.Proxy, "nft", marking)).Succeeded();
        (await network.InterceptAsync("up", "--mode", mode, "--to", $"{InterceptionNetwork.ListenerPort(mode)}", "--exclude-mark", "7")).Succeeded();

        var application = await network.RunApplicationAsync(network.Proxy, OriginSite.Page("IPv4"));
        (await InterceptionNetwork.RunAsync(network.Proxy, "nft", "delete table inet marking")).Succeeded();

        Assert.Equal("10.77.0.1", OriginSite.CallerIn(application.Succeeded()));
    }

    [NetworkNamespaceTheory]
    [InlineData("redirect")]
    [InlineData("tproxy")]
    public async Task A_connection_that_was_there_before_the_rules_goes_on_as_it_was(string mode)
    {
        await using var before = network.StartApplication(network.Proxy, "--verbose", "--upload-file", "-", OriginSite.Upload("IPv4"));
        await before.ErrorLineAsync(line => line.StartsWith("> PUT /upload", StringComparison.Ordinal));

        await network.InterceptAsync(mode, "both");
        var after = await network.RunApplicationAsync(network.Proxy, OriginSite.Page("IPv4"));
        await before.Input.WriteAsync("the rest");
        before.Input.Close();

        Assert.Equal("10.77.0.2", OriginSite.CallerIn(after.Succeeded()));
        Assert.Equal(OriginSite.ReceiptOf("the rest"), (await before.EndAsync()).Succeeded());
    }

    [NetworkNamespaceTheory]
    [InlineData("redirect")]
    [InlineData("tproxy")]
    public async Task An_intercepted_connection_goes_on_while_the_rules_are_replaced(string mode)
    {
        await network.InterceptAsync(mode, "both");
        await using var application = network.StartApplication(network.Client, "--verbose", "--upload-file", "-", OriginSite.Upload("IPv4"));
        await application.ErrorLineAsync(line => line.StartsWith("> PUT /upload", StringComparison.Ordinal));

        await network.InterceptAsync(mode, "both", InterceptionNetwork.DeadPort);
        await application.Input.WriteAsync("the rest");
        application.Input.Close();

        Assert.Equal(OriginSite.ReceiptOf("the rest"), (await application.EndAsync()).Succeeded());
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
        var refused = new[] { await network.RunApplicationAsync(place, OriginSite.Page("IPv4")), await network.RunApplicationAsync(place, OriginSite.Page("IPv6")) };

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

        Assert.Equal(["10.76.0.2", "fd76::2", "10.77.0.1", "127.0.0.1"], pages.Select(page => OriginSite.CallerIn(page.Succeeded())));
    }

    private static string Text(string address, string port) => new IPEndPoint(IPAddress.Parse(address), int.Parse(port, null)).ToString();

    private static async Task<LogFields> AccessAsync(ForeignProgram node, Func<LogFields, bool> isWanted)
    {
        LogFields? Parsed(string line) =>
            line.StartsWith("access ", StringComparison.Ordinal) && LogFields.TryParse(line["access ".Length..], out var fields) ? fields : null;
        return Parsed(await node.LineAsync(line => Parsed(line) is { } fields && isWanted(fields)))!;
    }
}
