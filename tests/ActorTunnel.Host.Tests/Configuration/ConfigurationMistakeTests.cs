using Xunit;

namespace ActorTunnel.Host.Tests.Configuration;

public sealed class ConfigurationMistakeTests : ConfigurationTest
{
    /// <summary>A valid configuration of fourteen lines, to which each case adds something wrong on line 15.</summary>
    private const string Valid =
        """
        actortunnel {
          listeners {
            enter { bind = "127.0.0.1:1", tunnel { upstream = far, authority = "host.com:443" } }
            leave { bind = "127.0.0.1:2", connect { routes = [{ authority = "*", upstream = near }] } }
          }
          upstreams {
            far { endpoints = ["127.0.0.1:2"], protocol = http2, tls { ca = "certs/ca.pem", verify-name = localhost } }
            near { endpoints = ["127.0.0.1:3"] }
          }
          # Names for the cases below
          node { }
          limits { }
          drain { }
        }

        """;

    [Fact]
    public void The_configuration_that_the_cases_change_is_valid() => Assert.Empty(Mistakes(Valid));

    [Theory]
    // Unknown keys, with the nearest known one.
    [InlineData("drain.timeuot = 1s", "15:19: actortunnel.drain.timeuot: unknown key, did you mean 'timeout'?; allowed: timeout, delay")]
    [InlineData("listeners.enter.conect { }", "15:29: actortunnel.listeners.enter.conect: unknown key, did you mean 'connect'?; allowed: bind, max-connections, proxy-protocol, peek-timeout, original-dst, tunnel, connect, tls")]
    [InlineData("zebra = 1", "15:13: actortunnel.zebra: unknown key; allowed: node, listeners, upstreams, limits, drain, mesh, certificates, admin")]
    [InlineData("listeners.leave.connect.routes = [{ authority = \"*\", upstream = near, uspream = far }]", "15:83: actortunnel.listeners.leave.connect.routes[0].uspream: unknown key, did you mean 'upstream'?; allowed: authority, upstream")]
    [InlineData("upstreams.far.http2.\"a b\" = 1", "15:33: actortunnel.upstreams.far.http2.\"a b\": unknown key; allowed: stream-window, max-stream-window, receive-budget, max-frame-size, max-concurrent-streams, handshake-timeout, ping-interval, ping-timeout, write-timeout, max-age")]
    [InlineData("listeners.leave.connect.origin.early-data = true", "15:44: actortunnel.listeners.leave.connect.origin.early-data: unknown key; allowed: idle-timeout, half-closed-idle-timeout, end-delivery-timeout, keepalive")]
    // Wrong types.
    [InlineData("listeners.enter.tunnel.early-data = soon", "15:49: actortunnel.listeners.enter.tunnel.early-data = \"soon\": is neither true nor false; allowed: true or false")]
    [InlineData("drain = 5s", "15:21: actortunnel.drain = \"5s\": is a text; allowed: an object")]
    [InlineData("drain.timeout = [1]", "15:29: actortunnel.drain.timeout = [ … ]: is an array; allowed: 0, or a duration from 1ms to 24d")]
    [InlineData("drain.timeout { }", "15:27: actortunnel.drain.timeout = { … }: is an object; allowed: 0, or a duration from 1ms to 24d")]
    [InlineData("drain.timeout = soon", "15:29: actortunnel.drain.timeout = \"soon\": is no duration, or one that is far too long; allowed: 0, or a duration from 1ms to 24d")]
    [InlineData("limits.dials-per-session = many", "15:40: actortunnel.limits.dials-per-session = \"many\": is no whole number, or one that is far too large; allowed: a whole number from 1 to 1000000")]
    [InlineData("limits.dials-per-session = 1.5", "15:40: actortunnel.limits.dials-per-session = 1.5: is no whole number, or one that is far too large; allowed: a whole number from 1 to 1000000")]
    [InlineData("node.event-loops = some", "15:32: actortunnel.node.event-loops = \"some\": is no whole number, or one that is far too large; allowed: auto, or a whole number from 0 to 1024")]
    [InlineData("node.event-loops = 1025", "15:32: actortunnel.node.event-loops = 1025: is out of range; allowed: auto, or a whole number from 0 to 1024")]
    [InlineData("node.event-loop-polling = 20ms", "15:39: actortunnel.node.event-loop-polling = \"20ms\": is out of range; allowed: 0, or a duration from 1us to 10ms")]
    [InlineData("limits.buffers = automatic", "15:30: actortunnel.limits.buffers = \"automatic\": is no size, or one that is far too large; allowed: auto, or a size such as 16MiB, which is the least")]
    [InlineData("upstreams.far.tls.tls12 = maybe", "15:39: actortunnel.upstreams.far.tls.tls12 = \"maybe\": is neither true nor false; allowed: true or false")]
    [InlineData("upstreams.near.endpoints = \"a:1\"", "15:40: actortunnel.upstreams.near.endpoints = \"a:1\": is a text; allowed: an array, each element \"host:port\", an IPv6 address in brackets")]
    [InlineData("upstreams.near.endpoints = [\"a:1\", { }]", "15:48: actortunnel.upstreams.near.endpoints[1] = { … }: is an object; allowed: \"host:port\", an IPv6 address in brackets")]
    [InlineData("upstreams.other = 5", "15:31: actortunnel.upstreams.other = 5: is a number; allowed: an object")]
    [InlineData("listeners.leave.connect.routes = [near]", "15:47: actortunnel.listeners.leave.connect.routes[0] = \"near\": is a text; allowed: an object")]
    [InlineData("listeners.leave.connect.routes = near", "15:46: actortunnel.listeners.leave.connect.routes = \"near\": is a text; allowed: an array of objects")]
    // Ranges.
    [InlineData("drain.timeout = -1s", "15:29: actortunnel.drain.timeout = \"-1s\": is out of range; allowed: 0, or a duration from 1ms to 24d")]
    [InlineData("upstreams.near.connect-timeout = 0", "15:46: actortunnel.upstreams.near.connect-timeout = 0: is out of range; allowed: a duration from 1ms to 10m")]
    [InlineData("limits.dials-per-session = 0", "15:40: actortunnel.limits.dials-per-session = 0: is out of range; allowed: a whole number from 1 to 1000000")]
    [InlineData("listeners.enter.max-connections = 3000000000", "15:47: actortunnel.listeners.enter.max-connections = 3000000000: is out of range; allowed: a whole number, 1 or more")]
    [InlineData("limits.buffers = 1KiB", "15:30: actortunnel.limits.buffers = \"1KiB\": is out of range; allowed: auto, or a size such as 16MiB, which is the least")]
    [InlineData("upstreams.far.http2.max-frame-size = 16383", "15:50: actortunnel.upstreams.far.http2.max-frame-size = 16383: is out of range; allowed: a size from 16KiB to 1MiB")]
    [InlineData("upstreams.far.http2.stream-window = 17MiB", "15:49: actortunnel.upstreams.far.http2.stream-window = \"17MiB\": is out of range; allowed: a size from 64KiB to 16MiB")]
    [InlineData("upstreams.far.http2.max-stream-window = 63KiB", "15:53: actortunnel.upstreams.far.http2.max-stream-window = \"63KiB\": is out of range; allowed: a size from 64KiB to 16MiB")]
    [InlineData("upstreams.far.http2 { max-stream-window = 128KiB }", "15:55: actortunnel.upstreams.far.http2.max-stream-window = \"128KiB\": a window would have to grow to less than it begins with; allowed: max-stream-window of 512KiB or more, or a smaller stream-window")]
    [InlineData("upstreams.far.http2 { ping-interval = 20s }", "15:51: actortunnel.upstreams.far.http2.ping-interval = \"20s\": a PING would be sent when the session is dead already; allowed: ping-interval shorter than ping-timeout")]
    [InlineData("upstreams.far.http2 { receive-budget = 1MiB, stream-window = 2MiB }", "15:52: actortunnel.upstreams.far.http2.receive-budget = \"1MiB\": the receive budget is smaller than the stream window; allowed: receive-budget of 2MiB or more, or a smaller stream-window")]
    [InlineData("upstreams.far.backoff.min = 11s", "15:41: actortunnel.upstreams.far.backoff.min = \"11s\": the longest wait is shorter than the first one; allowed: min no longer than max")]
    [InlineData("listeners.enter.tunnel.keepalive.time = 1500ms", "15:53: actortunnel.listeners.enter.tunnel.keepalive.time = \"1500ms\": is no whole number of seconds; allowed: 0, or a duration from 1s to 32767s in whole seconds")]
    [InlineData("listeners.enter.tunnel.keepalive.probes = 128", "15:55: actortunnel.listeners.enter.tunnel.keepalive.probes = 128: is out of range; allowed: a whole number from 1 to 127")]
    // Missing keys and sections.
    [InlineData("listeners.third { tunnel { upstream = far, authority = \"a:1\" } }", "15:23: actortunnel.listeners.third.bind: is missing; allowed: an IP address and a port, such as \"127.0.0.1:10000\" or \"[::1]:10000\"")]
    [InlineData("listeners.enter.tunnel = null", "15:23: actortunnel.listeners.enter: has neither tunnel nor connect; allowed: exactly one of tunnel { } (encapsulator) and connect { } (terminator)")]
    [InlineData("listeners.enter.connect.routes = ${actortunnel.listeners.leave.connect.routes}", "15:23: actortunnel.listeners.enter: has both tunnel and connect; allowed: exactly one of tunnel { } (encapsulator) and connect { } (terminator)")]
    [InlineData("listeners.enter.tunnel.authority = null", "15:29: actortunnel.listeners.enter.tunnel.authority: is missing; allowed: \"host:port\", an IPv6 address in brackets; operators such as %DOWNSTREAM_LOCAL_PORT% may stand in it")]
    [InlineData("listeners.leave.connect.routes = []", "15:29: actortunnel.listeners.leave.connect.routes: is missing; allowed: at least one { authority = …, upstream = … }")]
    [InlineData("listeners.leave.connect.routes = [{ upstream = near }]", "15:47: actortunnel.listeners.leave.connect.routes[0].authority: is missing; allowed: \"*\", a host, or \"*.suffix\", each with an optional \":port\"")]
    [InlineData("upstreams.near.endpoints = []", "15:23: actortunnel.upstreams.near.endpoints: is missing; allowed: at least one element, \"host:port\", an IPv6 address in brackets")]
    [InlineData("listeners = null", "15:1: actortunnel.listeners: is missing; allowed: at least one listener")]
    // References between sections.
    [InlineData("listeners.enter.tunnel.upstream = fra", "15:47: actortunnel.listeners.enter.tunnel.upstream = \"fra\": there is no such upstream, did you mean 'far'?; allowed: an upstream with protocol = http2: far")]
    [InlineData("listeners.enter.tunnel.upstream = near", "15:47: actortunnel.listeners.enter.tunnel.upstream = \"near\": this upstream has protocol = tcp; allowed: an upstream with protocol = http2: far")]
    [InlineData("listeners.leave.connect.routes = [{ authority = \"*\", upstream = far }]", "15:77: actortunnel.listeners.leave.connect.routes[0].upstream = \"far\": this upstream has protocol = http2; allowed: an upstream with protocol = tcp: near")]
    // What means nothing together.
    [InlineData("upstreams.near.tls { ca = \"certs/ca.pem\" }", "15:32: actortunnel.upstreams.near.tls = { … }: is only for protocol = http2")]
    [InlineData("listeners.enter.tunnel.accept = http-connect", "3:72: actortunnel.listeners.enter.tunnel.authority = \"host.com:443\": is only for accept = tcp; here each request names its own")]
    [InlineData("upstreams.near.dns-refresh = 1s", "15:42: actortunnel.upstreams.near.dns-refresh = \"1s\": is only for type = logical-dns or strict-dns")]
    [InlineData("upstreams.near { type = logical-dns, endpoints = [\"a:1\", \"b:1\"] }", "15:62: actortunnel.upstreams.near.endpoints = [ … ]: has more than one element; allowed: exactly one with type = logical-dns")]
    [InlineData("upstreams.near { type = dns }", "15:37: actortunnel.upstreams.near.type = \"dns\": is not known; allowed: static or logical-dns or strict-dns or mesh")]
    [InlineData("upstreams.near.backoff.min = 1s", "15:28: actortunnel.upstreams.near.backoff = { … }: is only for protocol = http2")]
    [InlineData("listeners.enter.tls { }", "15:33: actortunnel.listeners.enter.tls = { … }: is only for a listener with connect; TLS towards terminators belongs to the upstream")]
    // Texts with a grammar.
    [InlineData("node.name = Node", "15:25: actortunnel.node.name = \"Node\": is no name; allowed: a-z first, then a-z, 0-9 and '-'")]
    [InlineData("upstreams.Big { endpoints = [\"a:1\"] }", "15:23: actortunnel.upstreams.Big: this name cannot be used; allowed: a-z first, then a-z, 0-9 and '-'")]
    [InlineData("listeners.enter.bind = \"localhost:1\"", "15:36: actortunnel.listeners.enter.bind = \"localhost:1\": has no IP address in front of its port; allowed: an IP address and a port, such as \"127.0.0.1:10000\" or \"[::1]:10000\"")]
    [InlineData("listeners.enter.bind = \"127.1:1\"", "15:36: actortunnel.listeners.enter.bind = \"127.1:1\": has no IP address in front of its port; allowed: an IP address and a port, such as \"127.0.0.1:10000\" or \"[::1]:10000\"")]
    [InlineData("listeners.enter.bind = \"127.0.0.1:65536\"", "15:36: actortunnel.listeners.enter.bind = \"127.0.0.1:65536\": has no port from 0 to 65535; allowed: an IP address and a port, such as \"127.0.0.1:10000\" or \"[::1]:10000\"")]
    [InlineData("listeners.enter.bind = \"127.0.0.1:2\"", "4:20: actortunnel.listeners.leave.bind = \"127.0.0.1:2\": listener 'enter' is bound there already; allowed: another address or port")]
    [InlineData("listeners.enter.tunnel.authority = host.com", "15:48: actortunnel.listeners.enter.tunnel.authority = \"host.com\": the port is missing; allowed: \"host:port\", an IPv6 address in brackets; operators such as %DOWNSTREAM_LOCAL_PORT% may stand in it")]
    // Operators.
    [InlineData("listeners.enter.tunnel.authority = \"%REQUESTED_SERVER_NAM%:443\"", "15:48: actortunnel.listeners.enter.tunnel.authority = \"%REQUESTED_SERVER_NAM%:443\": unknown operator '%REQUESTED_SERVER_NAM%' at character 1, did you mean 'REQUESTED_SERVER_NAME'?; allowed: \"host:port\", an IPv6 address in brackets; operators such as %DOWNSTREAM_LOCAL_PORT% may stand in it")]
    [InlineData("listeners.enter.tunnel.authority = \"%REQUESTED_SERVER_NAME%\"", "15:48: actortunnel.listeners.enter.tunnel.authority = \"%REQUESTED_SERVER_NAME%\": is no authority when its operators are filled in: the port is missing; allowed: \"host:port\", an IPv6 address in brackets; operators such as %DOWNSTREAM_LOCAL_PORT% may stand in it")]
    [InlineData("listeners.enter.tunnel.authority = \"%ORIGINAL_DST%\"", "15:48: actortunnel.listeners.enter.tunnel.authority = \"%ORIGINAL_DST%\": %ORIGINAL_DST% needs the listener's original-dst to be redirect or tproxy; allowed: \"host:port\", an IPv6 address in brackets; operators such as %DOWNSTREAM_LOCAL_PORT% may stand in it")]
    [InlineData("listeners.enter.tunnel.headers { x-a = \"100%\" }", "15:52: actortunnel.listeners.enter.tunnel.headers.x-a = \"100%\": a '%' without its second ('%%' is a percent sign) at character 4")]
    [InlineData("listeners.enter.tunnel.headers { x-a = \"%ENVIRONMENT(NOT_SET)% %FOO%\" }", "15:52: actortunnel.listeners.enter.tunnel.headers.x-a = \"%ENVIRONMENT(NOT_SET)% %FOO%\": the environment variable 'NOT_SET' is not set at character 1; unknown operator '%FOO%' at character 24")]
    [InlineData("listeners.enter.tunnel { authority = null, accept = http-connect, headers { x-a = \"%REQUESTED_SERVER_NAME%\" } }", "15:95: actortunnel.listeners.enter.tunnel.headers.x-a = \"%REQUESTED_SERVER_NAME%\": %REQUESTED_SERVER_NAME% is not known with accept = http-connect: the TLS hello comes behind the answer")]
    [InlineData("listeners.enter.tunnel.default-server-name = a.example", "15:58: actortunnel.listeners.enter.tunnel.default-server-name = \"a.example\": is only for an authority or a header field with %REQUESTED_SERVER_NAME%")]
    [InlineData("listeners.enter.tunnel { authority = \"%REQUESTED_SERVER_NAME%:1\", default-server-name = 192.0.2.1 }", "15:101: actortunnel.listeners.enter.tunnel.default-server-name = \"192.0.2.1\": a server name must not be an address; allowed: a host name, as a TLS hello has it")]
    [InlineData("listeners.enter { bind = \"[::1]:1\", tunnel.authority = \"%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%:443\" }", "15:68: actortunnel.listeners.enter.tunnel.authority = \"%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%:443\": is no authority when its operators are filled in: more than one ':' (an IPv6 address must stand in brackets); allowed: \"host:port\", an IPv6 address in brackets; operators such as %DOWNSTREAM_LOCAL_PORT% may stand in it")]
    // Interception.
    [InlineData("listeners.leave.original-dst = redirect", "15:44: actortunnel.listeners.leave.original-dst = \"redirect\": is only for a listener with tunnel")]
    [InlineData("listeners.enter { original-dst = redirect, proxy-protocol = accept }", "15:46: actortunnel.listeners.enter.original-dst = \"redirect\": and proxy-protocol both say where a connection was going; allowed: one of the two")]
    [InlineData("listeners.enter.original-dst = tproxi", "15:44: actortunnel.listeners.enter.original-dst = \"tproxi\": is not known, did you mean 'tproxy'?; allowed: off or redirect or tproxy")]
    [InlineData("upstreams.near.endpoints = [\"a:0\"]", "15:41: actortunnel.upstreams.near.endpoints[0] = \"a:0\": the port must be 1 to 65535 without leading zeros; allowed: \"host:port\", an IPv6 address in brackets")]
    [InlineData("upstreams.near.lb = roundrobin", "15:33: actortunnel.upstreams.near.lb = \"roundrobin\": is not known, did you mean 'round-robin'?; allowed: round-robin or least-tunnels or power-of-two or source-hash or auto")]
    [InlineData("listeners.leave.connect.routes = [{ authority = \"a.*\", upstream = near }]", "15:61: actortunnel.listeners.leave.connect.routes[0].authority = \"a.*\": '*' stands alone or as the whole first label; allowed: \"*\", a host, or \"*.suffix\", each with an optional \":port\"")]
    [InlineData("listeners.leave.connect.routes = [{ authority = a.b, upstream = near }, { authority = A.b, upstream = near }]", "15:99: actortunnel.listeners.leave.connect.routes[1].authority = \"A.b\": another route has the same pattern; allowed: each pattern once")]
    [InlineData("upstreams.far.tls.verify-name = \"a b\"", "15:45: actortunnel.upstreams.far.tls.verify-name = \"a b\": the host holds a character other than letters, digits, '-' and '.'; allowed: a host name or an IP address, without a port")]
    [InlineData("upstreams.far.tls.verify-spiffe-id = \"spiffe://Mesh/x\"", "15:50: actortunnel.upstreams.far.tls.verify-spiffe-id = \"spiffe://Mesh/x\": is no SPIFFE id; allowed: a SPIFFE id such as \"spiffe://mesh.local/terminator\"")]
    [InlineData("upstreams.far.tls.verify-name = null", "15:27: actortunnel.upstreams.far.tls: has neither verify-name nor verify-spiffe-id; allowed: at least one of the two: a certificate of the CA alone does not say whose it is")]
    // Header fields.
    [InlineData("listeners.enter.tunnel.headers { X-A = b }", "15:52: actortunnel.listeners.enter.tunnel.headers.X-A = \"b\": the field name must be in lower case (RFC 9113 §8.2)")]
    [InlineData("listeners.enter.tunnel.headers { \":path\" = b }", "15:56: actortunnel.listeners.enter.tunnel.headers.\":path\" = \"b\": pseudo-header fields are set by the proxy")]
    [InlineData("listeners.enter.tunnel.headers { connection = b }", "15:59: actortunnel.listeners.enter.tunnel.headers.connection = \"b\": connection-specific fields have no place in HTTP/2 (RFC 9113 §8.2.2)")]
    [InlineData("listeners.enter.tunnel.headers { x.a = b }", "15:46: actortunnel.listeners.enter.tunnel.headers.x = { … }: is an object; allowed: a text; a name with a dot in it goes into quotes")]
    // Certificates.
    [InlineData("upstreams.far.tls.ca = certs/absent.pem", "15:36: actortunnel.upstreams.far.tls.ca = \"certs/absent.pem\": this file does not exist; allowed: a PEM file with one or more certificates")]
    [InlineData("upstreams.far.tls.ca = certs/server-key.pem", "15:36: actortunnel.upstreams.far.tls.ca = \"certs/server-key.pem\": this file holds no certificate in PEM; allowed: a PEM file with one or more certificates")]
    [InlineData("upstreams.far.tls.cert = certs/client.pem", "15:27: actortunnel.upstreams.far.tls.key: is missing; allowed: the path of a PEM file")]
    [InlineData("upstreams.far.tls { cert = certs/client.pem, key = certs/server-key.pem }", "15:64: actortunnel.upstreams.far.tls.key = \"certs/server-key.pem\": this file holds a key that does not belong to the certificate; allowed: a PEM file with the private key of cert")]
    [InlineData("upstreams.far.tls { cert = certs/client.pem, key = certs/encrypted-key.pem }", "15:64: actortunnel.upstreams.far.tls.key = \"certs/encrypted-key.pem\": this file holds an encrypted key; its password cannot be given; allowed: a PEM file with the private key of cert")]
    [InlineData("upstreams.far.tls { cert = certs/client.pem, key = certs/client.pem }", "15:64: actortunnel.upstreams.far.tls.key = \"certs/client.pem\": this file holds no private key in PEM; allowed: a PEM file with the private key of cert")]
    [InlineData("listeners.leave.tls { cert = certs, key = certs/server-key.pem }", "15:42: actortunnel.listeners.leave.tls.cert = \"certs\": this file cannot be read")]
    [InlineData("listeners.leave.tls { key = certs/server-key.pem }", "15:29: actortunnel.listeners.leave.tls.cert: is missing; allowed: the path of a PEM file")]
    [InlineData("listeners.leave.tls { cert = certs/server.pem, key = certs/server-key.pem, client-trust-domain = mesh }", "15:110: actortunnel.listeners.leave.tls.client-trust-domain = \"mesh\": needs client-ca: no client certificate is asked for")]
    // Substitutions.
    [InlineData("drain.timeout = ${nowhere}", "15:29: ${nowhere} is defined neither in the configuration nor in the environment; allowed: a key that has a value, an environment variable, or ${?…} where it may be missing")]
    public void Each_mistake_is_told_once_with_its_place_its_key_its_value_and_what_is_allowed(string wrong, string expected)
    {
        var line = Assert.Single(Mistakes(Valid + "actortunnel." + wrong));

        Assert.StartsWith("a.conf:" + expected, line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_certificate_is_a_mistake()
    {
        Folder.Write("certs/damaged.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");

        Assert.Contains("this file holds a damaged certificate", Assert.Single(Mistakes(Valid, "upstreams.far.tls.ca=certs/damaged.pem")), StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_are_told_at_once_in_the_order_of_the_files()
    {
        Folder.Write("b.conf", "actortunnel.drain.timeout = ${nowhere}\nactortunnel.limits.dns-timeout = never");
        var lines = Mistakes(
            """
            include "b.conf"
            actortunnel {
              listeners.in { bind = 5, tunel { }, tunnel { upstream = gone, authority = "a", headers { TE = x }, keepalive.probes = 0 } }
              upstreams.far { endpoints = ["x"], protocol = http3, http2 { stream-window = 1, no = 1 } }
            }
            actortunel { }
            akka = 5
            """,
            "limits.dials-per-session=none",
            "upstreams.far.backoff.max=x");

        Assert.Equal(
            [
                "a.conf:3:25: actortunnel.listeners.in.bind",
                "a.conf:3:28: actortunnel.listeners.in.tunel",
                "a.conf:3:59: actortunnel.listeners.in.tunnel.upstream",
                "a.conf:3:77: actortunnel.listeners.in.tunnel.authority",
                "a.conf:3:97: actortunnel.listeners.in.tunnel.headers.TE",
                "a.conf:3:121: actortunnel.listeners.in.tunnel.keepalive.probes",
                "a.conf:4:32: actortunnel.upstreams.far.endpoints[0]",
                "a.conf:4:49: actortunnel.upstreams.far.protocol",
                "a.conf:4:80: actortunnel.upstreams.far.http2.stream-window",
                "a.conf:4:83: actortunnel.upstreams.far.http2.no",
                "a.conf:6:1: actortunel",
                "a.conf:7:8: akka",
                "b.conf:1:29: ${nowhere} is defined neither in the configuration nor in the environment; allowed",
                "b.conf:2:34: actortunnel.limits.dns-timeout",
                "--set #1: actortunnel.limits.dials-per-session",
                "--set #2: actortunnel.upstreams.far.backoff.max",
            ],
            lines.Select(line => line.Split(line.Contains(" = ", StringComparison.Ordinal) ? " = " : ": a key", 2)[0])
                .Select(line => line.Split(": unknown", 2)[0].Split(": is", 2)[0]));
    }

    [Theory]
    [InlineData("", "a.conf: actortunnel.listeners: is missing; allowed: at least one listener")]
    [InlineData("actortunnel { }", "a.conf:1:1: actortunnel.listeners: is missing; allowed: at least one listener")]
    public void A_node_without_listeners_is_a_mistake(string text, string expected) => Assert.Equal([expected], Mistakes(text));

    [Fact]
    public void A_syntax_error_stops_at_the_first() =>
        Assert.Equal(
            ["a.conf:1:31: found ':'; allowed: a comma, a new line or the end of the text; a value that holds ':' goes into quotes"],
            Mistakes("actortunnel.x.bind = 127.0.0.1:80\nb = ]"));

    [Fact]
    public void A_file_that_is_not_there_is_a_mistake()
    {
        var rejected = Assert.IsType<ActorTunnel.Host.Configuration.ConfigurationOutcome.Rejected>(Run(["absent.conf"]));

        Assert.Equal(["absent.conf: does not exist"], rejected.Mistakes.Select(mistake => mistake.ToString()));
    }

    [Theory]
    [InlineData("drain.timeout", "--set #1: found 'drain.timeout'; allowed: key=value")]
    [InlineData("=5", "--set #1: found '=5'; allowed: key=value")]
    [InlineData("drain..timeout=5s", "--set #1: actortunnel.drain..timeout = 5s: an empty element of a path; allowed: text before, between and behind the dots; an empty element is written \"\"")]
    [InlineData("drain={ timeout", "--set #1: actortunnel.drain = { timeout: found the end of the text; allowed: '=', ':', '+=' or '{' behind a key")]
    [InlineData("drain.timeout=never", "--set #1: actortunnel.drain.timeout = \"never\": is no duration, or one that is far too long; allowed: 0, or a duration from 1ms to 24d")]
    [InlineData("drian.timeout=5s", "--set #1: actortunnel.drian: unknown key, did you mean 'drain'?; allowed: node, listeners, upstreams, limits, drain, mesh, certificates, admin")]
    public void Mistakes_in_an_option_are_told_by_its_number(string option, string expected) => Assert.Equal([expected], Mistakes(Valid, option));
}
