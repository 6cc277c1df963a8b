using ActorTunnel.Host.Configuration.Envoy;
using ActorTunnel.Host.Configuration.Hocon;
using CsCheck;
using Xunit;

namespace ActorTunnel.Host.Tests.Configuration.Envoy;

public sealed class EnvoyNotCarriedTests : EnvoyTest
{
    private const string Chain = "static_resources.listeners[0].filter_chains[0]";

    [Theory]
    [InlineData("listener", "tcp_backlog_size: 5", "4:5", "static_resources.listeners[0].tcp_backlog_size = \"5\": is not carried")]
    [InlineData("listener", "bind_to_port: false", "4:5", "static_resources.listeners[0].bind_to_port = \"false\": this value is not carried; allowed: true")]
    [InlineData("chain", "filter_chain_match: { destination_port: 5 }", "6:29", Chain + ".filter_chain_match.destination_port = \"5\": is not carried")]
    [InlineData("proxy", "max_connect_attempts: 3", "11:11", Chain + ".filters[0].typed_config.max_connect_attempts = \"3\": is not carried")]
    [InlineData("proxy", "max_downstream_connection_duration: 3s", "11:11", Chain + ".filters[0].typed_config.max_downstream_connection_duration = \"3s\": is not carried")]
    [InlineData("tunneling", "use_post: true", "14:13", Chain + ".filters[0].typed_config.tunneling_config.use_post = \"true\": this value is not carried; allowed: false")]
    [InlineData("tunneling", "usePost: true", "14:13", Chain + ".filters[0].typed_config.tunneling_config.usePost = \"true\": this value is not carried; allowed: false")]
    [InlineData("cluster", "lb_policy: MAGLEV", "17:16", "static_resources.clusters[0].lb_policy = \"MAGLEV\": is not carried; allowed: ROUND_ROBIN or LEAST_REQUEST")]
    [InlineData("cluster", "lb_policy: ROUND_ROBBIN", "17:16", "static_resources.clusters[0].lb_policy = \"ROUND_ROBBIN\": is not carried, did you mean 'ROUND_ROBIN'?; allowed: ROUND_ROBIN or LEAST_REQUEST")]
    [InlineData("cluster", "type: EDS", "17:11", "static_resources.clusters[0].type = \"EDS\": is not carried; allowed: STATIC or STRICT_DNS or LOGICAL_DNS")]
    [InlineData("cluster", "health_checks: [{ timeout: 1s }]", "17:5", "static_resources.clusters[0].health_checks: is not carried")]
    [InlineData("cluster", "conect_timeout: 1s", "17:5", "static_resources.clusters[0].conect_timeout = \"1s\": is not carried, did you mean 'connect_timeout'?")]
    public void A_field_that_is_not_carried_is_told_with_its_place_and_path(string part, string yaml, string place, string line)
    {
        var bootstrap = With(Encapsulator, (part, yaml));

        Assert.Equal($"a.yaml:{place}: {line}", Assert.Single(Refused(bootstrap)));
        var lenient = Imported(bootstrap, lenient: true);
        Assert.Equal($"a.yaml:{place}: {line}", Assert.Single(lenient.Warnings).ToString());
        Assert.Contains($"# not carried: a.yaml:{place}: {line}", lenient.Hocon.Split('\n'));
        Assert.Equal(LoadImport(With(Encapsulator)).Render(), LoadKnown(lenient.Hocon).Render());
    }

    [Fact]
    public void All_that_is_not_carried_is_told_at_once_in_the_order_of_the_file()
    {
        var mistakes = Refused(With(Encapsulator, ("cluster", "outlier_detection: { }"), ("listener", "freebind: true"), ("proxy", "on_demand: { }")) + "\nstats_sinks: []");

        Assert.Equal(
            ["static_resources.listeners[0].freebind", $"{Chain}.filters[0].typed_config.on_demand", "static_resources.clusters[0].outlier_detection", "stats_sinks"],
            mistakes.Select(mistake => mistake.Split(": ")[1].Split(" = ")[0]));
    }

    [Theory]
    [InlineData("filters:", "filters:\n      - typed_config: { '@type': type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC, rules: {} }",
        Chain + ".filters[0].typed_config.\"@type\" = \"type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC\": this type is not carried; allowed: envoy.")]
    [InlineData("type.googleapis.com/", "x", Chain + ".filters[0].typed_config.\"@type\" = \"xenvoy.extensions.filters.network.tcp_proxy.v3.TcpProxy\": this type is not carried")]
    [InlineData("\"@type\": type", "typ: type", Chain + ".filters[0].typed_config.\"@type\": is missing")]
    [InlineData("tunneling_config:", "tunneling:", Chain + ".filters[0].typed_config: is not carried: it has no tunneling_config")]
    public void A_filter_of_another_type_is_not_carried(string old, string replacement, string line)
    {
        var mistakes = Refused(With(Encapsulator).Replace(old, replacement, StringComparison.Ordinal));

        Assert.Contains(mistakes, mistake => mistake.Contains($": {line}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("connect_timeout: 250ms", "connect_timeout = \"250ms\": cannot be read; allowed: seconds with an 's' behind")]
    [InlineData("connect_timeout: { seconds: 1 }", "connect_timeout: is a mapping; allowed: seconds with an 's' behind")]
    [InlineData("load_assignment: []", "the key load_assignment stands here twice")]
    [InlineData("loadAssignment: {}", "this field stands here in both of its forms")]
    [InlineData("transport_socket: x", "transport_socket = \"x\": is a scalar; allowed: a mapping")]
    public void What_is_wrong_is_wrong_in_lenience_too(string yaml, string problem) => Assert.Contains(
        problem, Assert.Single(Refused(With(Encapsulator, ("cluster", yaml)), lenient: true)), StringComparison.Ordinal);

    [Theory]
    [InlineData("port_value: 10000", "port_value: 70000", "has no port from 0 to 65535")]
    [InlineData("port_value: 10000", "port_value: -1", "cannot be read; allowed: a whole number")]
    [InlineData("port_value: 10000", "named_port: http", "has no address and port_value")]
    [InlineData("address: 127.0.0.1, port_value: 10000", "address: localhost, port_value: 10000", "has no IP address in front of its port")]
    [InlineData("address: 127.0.0.1, port_value: 10001", "address: 127.1, port_value: 10001", "an IPv4 address must be four decimal octets")]
    [InlineData("hostname: host.com:443", "hostname: host.com", "hostname = \"host.com\": the port is missing")]
    [InlineData("socket_address: { address: 127.0.0.1, port_value: 10000 }", "pipe: { path: /a }", "address.pipe: is not carried")]
    public void Addresses_are_checked_at_their_place(string old, string replacement, string problem) => Assert.Contains(
        Refused(With(Encapsulator).Replace(old, replacement, StringComparison.Ordinal)), mistake => mistake.Contains(problem, StringComparison.Ordinal));

    [Fact]
    public void Null_counts_as_not_given() =>
        Assert.Equal(Imported(With(Encapsulator)).Hocon, Imported(With(Encapsulator, ("cluster", "health_checks: null"), ("listener", "tcp_backlog_size: ~"))).Hocon);

    [Fact]
    public void A_name_with_a_line_break_does_not_break_out_of_a_comment()
    {
        var imported = Imported(With(Encapsulator, ("listener", "name: \"a\\nb\\u2028{\"\n\"x\\ny\": 1")), lenient: true);

        Assert.Equal("a-b", LoadKnown(imported.Hocon).Node.Listeners[0].Name);
    }

    [Theory]
    [InlineData("a: 1")]
    [InlineData("static_resources: { listeners: [] }")]
    [InlineData("{}")]
    public void A_file_without_a_listener_is_refused_in_lenience_too(string yaml) =>
        Assert.Contains(Refused(yaml, lenient: true), mistake => mistake.Contains("has no listener that can be carried", StringComparison.Ordinal));

    [Fact]
    public void A_root_that_is_no_mapping_is_refused() =>
        Assert.Equal("a.yaml:1:1: envoy.config.bootstrap.v3.Bootstrap: is a sequence; allowed: a mapping", Assert.Single(Refused("[]")));

    [Fact]
    public void Whatever_a_bootstrap_says_it_is_refused_or_becomes_HOCON_with_a_place_for_each_line()
    {
        var words = With(Encapsulator, ("listener", "name: a")).Split(' ', '\n').Concat(With(Terminator).Split(' ', '\n')).Distinct().ToArray();
        var lines = File.ReadAllLines(Path.Combine(Root, "config", "envoy", "merged.yaml"));
        var change = Gen.Select(Gen.Int[0, lines.Length - 1], Gen.OneOfConst(words), Gen.Int[0, 3]);

        change.Array[1, 4].Sample(changes =>
        {
            var changed = lines.ToArray();
            foreach (var (at, word, kind) in changes)
            {
                var line = changed[at];
                var value = line.IndexOf(": ", StringComparison.Ordinal);
                changed[at] = kind switch
                {
                    0 => "",
                    1 when value > 0 => line[..(value + 2)] + word,
                    2 => line.Replace("_", "", StringComparison.Ordinal),
                    _ => line.Replace("1", "\\n\\u2028\"", StringComparison.Ordinal),
                };
            }

            if (Import(string.Join('\n', changed), lenient: true) is not EnvoyImport.Imported imported)
            {
                return;
            }

            Assert.Equal(imported.Hocon.Count(c => c == '\n'), imported.Places.Length);
            Assert.Null(new HoconReader().Add(HoconSource.FromText("imported.conf", imported.Hocon)));
        });
    }
}
