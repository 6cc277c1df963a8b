using ActorTunnel.Host.Configuration;
using ActorTunnel.Host.Configuration.Envoy;
using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Tests.Configuration.Envoy;

/// <summary>Bootstraps with one encapsulating and one terminating listener, into which a test puts what it is about.</summary>
public abstract class EnvoyTest : ConfigurationTest
{
    /// <summary>Lines 3 to 10 have <c>{listener}</c>, <c>{chain}</c>, <c>{proxy}</c>, <c>{tunneling}</c> and <c>{cluster}</c> to replace.</summary>
    protected const string Encapsulator = """
        static_resources:
          listeners:
          - address: { socket_address: { address: 127.0.0.1, port_value: 10000 } }
            {listener}
            filter_chains:
            - {chain}
              filters:
              - typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
                  cluster: far
                  {proxy}
                  tunneling_config:
                    hostname: host.com:443
                    {tunneling}
          clusters:
          - name: far
            {cluster}
            load_assignment: { endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 10001 } } } }] }] }
            http2_protocol_options: { {http2} }
        """;

    /// <summary>The same with <c>{listener}</c>, <c>{chain}</c>, <c>{manager}</c>, <c>{domains}</c>, <c>{routes}</c>, <c>{match}</c>, <c>{action}</c> and <c>{cluster}</c>.</summary>
    protected const string Terminator = """
        static_resources:
          listeners:
          - address: { socket_address: { address: 127.0.0.1, port_value: 10001 } }
            {listener}
            filter_chains:
            - {chain}
              filters:
              - typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  {manager}
                  route_config:
                    {configuration}
                    virtual_hosts:
                    - domains: [{domains}]
                      routes:
                      {routes}
                      - match: { connect_matcher: {}, {match} }
                        route: { cluster: near, upgrade_configs: [{ upgrade_type: CONNECT, connect_config: {} }], {action} }
          clusters:
          - name: near
            {cluster}
            load_assignment: { endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 8443 } } } }] }] }
        """;

    // Decided, and read by parts of this program that are made at the same time.
    private static readonly string[] ComingKeys = [".admin", ".proxy-protocol", ".original-dst"];

    /// <summary>The bootstrap with each <c>(name, text)</c> in place of <c>{name}</c>; what is not named is left out.</summary>
    protected static string With(string bootstrap, params (string Name, string Yaml)[] parts)
    {
        foreach (var (name, yaml) in parts)
        {
            var at = bootstrap.IndexOf($"{{{name}}}", StringComparison.Ordinal);
            var indent = at - bootstrap.LastIndexOf('\n', at) - 1;
            bootstrap = bootstrap.Replace($"{{{name}}}", yaml.ReplaceLineEndings("\n" + new string(' ', indent)), StringComparison.Ordinal);
        }

        foreach (var name in new[] { "listener", "chain", "proxy", "tunneling", "cluster", "http2", "manager", "configuration", "routes", "match", "action" })
        {
            bootstrap = bootstrap.Replace($"{{{name}}}", "", StringComparison.Ordinal);
        }

        return bootstrap.Replace("{domains}", "'*'", StringComparison.Ordinal);
    }

    internal static EnvoyImport Import(string yaml, bool lenient = false) =>
        EnvoyBootstrap.Read(HoconSource.FromText("a.yaml", yaml), lenient);

    internal static EnvoyImport.Imported Imported(string yaml, bool lenient = false) => Import(yaml, lenient) switch
    {
        EnvoyImport.Imported imported => imported,
        EnvoyImport.Rejected rejected => throw new InvalidOperationException(string.Join('\n', rejected.Mistakes)),
        _ => throw new InvalidOperationException(),
    };

    /// <summary>What is told of a bootstrap that is refused.</summary>
    protected static string[] Refused(string yaml, bool lenient = false) => Import(yaml, lenient) switch
    {
        EnvoyImport.Rejected rejected => [.. rejected.Mistakes.Select(mistake => mistake.ToString())],
        var imported => throw new InvalidOperationException(((EnvoyImport.Imported)imported).Hocon),
    };

    /// <summary>What the loader makes of a bootstrap, without the keys that it does not know yet.</summary>
    protected ConfigurationOutcome.Loaded LoadImport(string yaml, bool lenient = false) => LoadKnown(Imported(yaml, lenient).Hocon);

    protected ConfigurationOutcome.Loaded LoadKnown(string hocon)
    {
        Folder.Write("imported.conf", hocon);
        var outcome = Run(["imported.conf"]);
        if (outcome is not ConfigurationOutcome.Rejected rejected)
        {
            return Loaded(outcome);
        }

        var coming = rejected.Mistakes.Where(mistake =>
            mistake.Problem.StartsWith("unknown key", StringComparison.Ordinal)
            && ComingKeys.Any(key => mistake.Key!.EndsWith(key, StringComparison.Ordinal))).ToArray();
        var lines = hocon.Split('\n').Where((_, index) => coming.All(mistake => mistake.Line != index + 1));
        Folder.Write("imported.conf", string.Join('\n', lines));
        return Loaded(Run(["imported.conf"]));
    }
}
