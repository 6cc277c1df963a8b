using ActorTunnel.Host.Tests.Configuration;
using Xunit;

namespace ActorTunnel.Host.Tests.Interception;

/// <summary>
/// Three network namespaces, and in them our program in its three roles. Only the way through an encapsulator leads from the client to the origin: nothing
/// forwards packets.
/// <code>
///   client            proxy                       origin
///   10.76.0.2 ─────── 10.76.0.1   10.77.0.1 ───── 10.77.0.2
///   fd76::2           fd76::1     fd77::1         fd77::2
///                     encapsulator (root)         terminator, origin on port 8443
/// </code>
/// </summary>
[CollectionDefinition(Name)]
public sealed class InterceptionNetwork : IAsyncLifetime, ICollectionFixture<InterceptionNetwork>
{
    /// <summary>Of the tests that share it, one after the other.</summary>
    public const string Name = "interception";

    public const int OriginPort = 8443;

    // Nobody listens there.
    public const int DeadPort = 15_009;

    private const string Nobody = "65534";
    private const int TerminatorPort = 10_001;

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _namespaces = [];
    private readonly List<ForeignProgram> _programs = [];

    /// <summary>Where an application lives whose connections come to the proxy's machine from outside.</summary>
    public string Client { get; } = NetworkNamespaces.NewName("client");

    /// <summary>The encapsulator's; applications that are not root's live here too.</summary>
    public string Proxy { get; } = NetworkNamespaces.NewName("proxy");

    private string Origin { get; } = NetworkNamespaces.NewName("origin");

    internal ForeignProgram Encapsulator { get; private set; } = null!;

    internal ForeignProgram Terminator { get; private set; } = null!;

    /// <summary>The origin's address, for a URL and as an authority.</summary>
    public static string OriginOf(string family) => $"{(family == "IPv6" ? "[fd77::2]" : "10.77.0.2")}:{OriginPort}";

    /// <summary>The port of the encapsulator's listeners, one for each family.</summary>
    public static int ListenerPort(string mode) => mode == "redirect" ? 15_001 : 15_002;

    /// <summary>The name of the listener of a family.</summary>
    public static string ListenerName(string mode, string family) => family == "IPv6" ? $"{mode}-v6" : $"{mode}-v4";

    public async Task InitializeAsync()
    {
        if (NetworkNamespaces.WhyNot is not null)
        {
            return;
        }

        try
        {
            await MakeNetworkAsync();
            await StartProgramsAsync();
        }
        catch
        {
            // Whatever it was, it is told after everything was taken away again.
            await DisposeAsync();
            throw;
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var program in Enumerable.Reverse(_programs))
        {
            await program.DisposeAsync();
        }

        _programs.Clear();
        foreach (var name in _namespaces)
        {
            // Its interfaces, rules and routes go with it.
            (await ForeignProgram.RunAsync("ip", "netns", "del", name)).Succeeded();
        }

        _namespaces.Clear();
        if (Directory.Exists(_folder.Path))
        {
            _folder.Dispose();
        }
    }

    /// <summary>Runs <c>scripts/intercept.sh</c> in the proxy's namespace.</summary>
    internal Task<ProgramRun> InterceptAsync(params string[] arguments) => RunAsync(Proxy, ["bash", Script, .. arguments]);

    /// <summary>The same as an ordinary user, who need not be able to read the script.</summary>
    internal async Task<ProgramRun> InterceptAsNobodyAsync(params string[] arguments)
    {
        await using var script = StartAsNobody(Proxy, ["bash", "-s", "--", .. arguments]);
        await script.Input.WriteAsync(await File.ReadAllTextAsync(Script));
        script.Input.Close();
        return await script.EndAsync();
    }

    /// <summary>Sets the rules for connections to the origin's port.</summary>
    internal async Task InterceptAsync(string mode, string hook, int? port = null)
    {
        string[] excluded = hook == "prerouting" ? [] : ["--exclude-uid", "root"];
        var to = $"{port ?? ListenerPort(mode)}";
        (await InterceptAsync(["up", "--mode", mode, "--to", to, "--hook", hook, "--ports", $"80,{OriginPort}", .. excluded])).Succeeded();
    }

    /// <summary>For the end of a test, also of one that was skipped.</summary>
    internal async Task RemoveRulesAsync()
    {
        if (_namespaces.Count > 0)
        {
            (await InterceptAsync("down")).Succeeded();
        }
    }

    /// <summary>Runs a command as root to its end.</summary>
    internal static Task<ProgramRun> RunAsync(string place, params string[] command) =>
        ForeignProgram.RunAsync(["ip", "netns", "exec", place, .. command]);

    /// <summary>curl as an ordinary user, which trusts the origin's certificate only and knows of no proxy.</summary>
    internal ForeignProgram StartApplication(string place, params string[] arguments) => StartAsNobody(place, [.. Curl, .. arguments]);

    /// <inheritdoc cref="StartApplication"/>
    internal async Task<ProgramRun> RunApplicationAsync(string place, params string[] arguments)
    {
        await using var application = StartApplication(place, arguments);
        application.Input.Close();
        return await application.EndAsync();
    }

    /// <summary>The same as root, whose connections are excluded.</summary>
    internal Task<ProgramRun> RunAsRootAsync(string place, params string[] arguments) => RunAsync(place, [.. Curl, .. arguments]);

    private static ForeignProgram StartAsNobody(string place, params string[] command) => ForeignProgram.Start(
        ["ip", "netns", "exec", place, "setpriv", "--reuid", Nobody, "--regid", Nobody, "--clear-groups", .. command]);

    /// <summary>The script's path.</summary>
    internal static string Script => Path.Combine(ConfigurationTest.Root, "scripts", "intercept.sh");

    private string[] Curl => ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "15", "--cacert", _folder.File("ca.pem")];

    private async Task MakeNetworkAsync()
    {
        foreach (var name in new[] { Client, Proxy, Origin })
        {
            await IpAsync($"netns add {name}");
            _namespaces.Add(name);
            await IpAsync($"-n {name} link set lo up");
            // Addresses are usable at once, the link-local ones too: nobody else is there whose they could be.
            (await RunAsync(name, "bash", "-c", "echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad")).Succeeded();
        }

        await JoinAsync(Client, 76);
        await JoinAsync(Origin, 77);
        await IpAsync($"-n {Client} route add default via 10.76.0.1");
        await IpAsync($"-n {Client} -6 route add default via fd76::1");
    }

    /// <summary>A cable between a namespace (host 2) and the proxy's (host 1).</summary>
    private async Task JoinAsync(string other, int network)
    {
        await IpAsync($"-n {Proxy} link add net{network} type veth peer name eth0 netns {other}");
        foreach (var (place, device, host) in new[] { (Proxy, $"net{network}", 1), (other, "eth0", 2) })
        {
            await IpAsync($"-n {place} addr add 10.{network}.0.{host}/24 dev {device}");
            await IpAsync($"-n {place} addr add fd{network}::{host}/64 dev {device}");
            await IpAsync($"-n {place} link set {device} up");
        }
    }

    private static async Task IpAsync(string arguments) => (await ForeignProgram.RunAsync(["ip", .. arguments.Split(' ')])).Succeeded();

    private async Task StartProgramsAsync()
    {
        var certs = await CommandLineRun.OfAsync("certs", "--out", _folder.File("certs"), "--ip", "10.77.0.2", "--ip", "fd77::2");
        Assert.True(certs.Code == 0, certs.Error);
        // The application is another user and reads the one file that it needs.
        (await ForeignProgram.RunAsync("chmod", "o+x", _folder.Path)).Succeeded();
        (await ForeignProgram.RunAsync("install", "-m", "644", _folder.File("certs/ca.pem"), _folder.File("ca.pem"))).Succeeded();

        var origin = Start(
            Origin, "origin", "--bind", $"[::]:{OriginPort}", "--cert", _folder.File("certs/server.pem"), "--key", _folder.File("certs/server-key.pem"));
        Terminator = Start(Origin, "run", _folder.Write("terminate.conf", TerminatorConfiguration));
        Encapsulator = Start(Proxy, "run", _folder.Write("encapsulate.conf", EncapsulatorConfiguration));
        await origin.LineAsync(line => line.StartsWith("origin listens on ", StringComparison.Ordinal));
        await Terminator.LineAsync(line => line == "ready");
        await Encapsulator.LineAsync(line => line == "ready");
    }

    private ForeignProgram Start(string place, params string[] arguments)
    {
        var program = ForeignProgram.Start(
            ["ip", "netns", "exec", place, "dotnet", Path.Combine(AppContext.BaseDirectory, "actortunnel.dll"), .. arguments]);
        _programs.Add(program);
        return program;
    }

    // A wrong authority finds no route.
    private static string TerminatorConfiguration => $$"""
        actortunnel {
          node.name = terminator
          listeners.connect-in {
            bind = "10.77.0.2:{{TerminatorPort}}"
            connect { routes = [
              { authority = "{{OriginOf("IPv4")}}", upstream = origin-v4 }
              { authority = "{{OriginOf("IPv6")}}", upstream = origin-v6 }
            ] }
          }
          upstreams.origin-v4 { endpoints = ["{{OriginOf("IPv4")}}"], connect-timeout = 5s }
          upstreams.origin-v6 { endpoints = ["{{OriginOf("IPv6")}}"], connect-timeout = 5s }
          drain.timeout = 0
        }
        """;

    private static string EncapsulatorConfiguration => $$"""
        actortunnel {
          node.name = encapsulator
          listeners {
            redirect-v4 { bind = "0.0.0.0:{{ListenerPort("redirect")}}", original-dst = redirect, tunnel { upstream = terminators } }
            redirect-v6 { bind = "[::]:{{ListenerPort("redirect")}}", original-dst = redirect, tunnel { upstream = terminators } }
            tproxy-v4 { bind = "0.0.0.0:{{ListenerPort("tproxy")}}", original-dst = tproxy, tunnel { upstream = terminators, authority = "%ORIGINAL_DST%" } }
            tproxy-v6 { bind = "[::]:{{ListenerPort("tproxy")}}", original-dst = tproxy, tunnel { upstream = terminators, authority = "%ORIGINAL_DST%" } }
          }
          upstreams.terminators { protocol = http2, endpoints = ["10.77.0.2:{{TerminatorPort}}"], connect-timeout = 5s }
          drain.timeout = 0
        }
        """;
}
