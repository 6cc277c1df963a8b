using System.Net;
using ActorTunnel.Scenarios.Interop;

namespace ActorTunnel.Scenarios.Support;

/// <summary>
/// Configuration files of nodes that are processes, with the names that <see cref="StorySettings"/> use, TLS between them, and an admin server.
/// </summary>
internal static class NodeFiles
{
    /// <param name="pem">Where the certificates are.</param>
    /// <param name="origin">Where everything goes.</param>
    /// <param name="http2">Keys of its sessions.</param>
    /// <param name="port">To listen on; 0: a free one.</param>
    public static string Terminator(PemFiles pem, IPEndPoint origin, string http2 = "", int port = 0) =>
        $$"""
        actortunnel {
          node.name = terminator
          admin.bind = "127.0.0.1:0"
          listeners.connect-in {
            bind = "127.0.0.1:{{port}}"
            tls { cert = "{{pem.Certificate}}", key = "{{pem.Key}}" }
            connect { routes = [{ authority = "*", upstream = origin }], http2 { {{http2}} } }
          }
          upstreams.origin { endpoints = ["{{origin}}"], connect-timeout = 5s }
        }
        """;

    /// <param name="pem">Where the certificates are.</param>
    /// <param name="http2">Keys of its sessions.</param>
    /// <param name="terminators">Where sessions go.</param>
    public static string Encapsulator(PemFiles pem, string http2, params IEnumerable<IPEndPoint> terminators) =>
        $$"""
        actortunnel {
          node.name = encapsulator
          admin.bind = "127.0.0.1:0"
          listeners.tunnel-in {
            bind = "127.0.0.1:0"
            tunnel { upstream = terminators, authority = "{{StorySettings.Host}}" }
          }
          upstreams.terminators {
            protocol = http2
            endpoints = [{{string.Join(", ", terminators.Select(terminator => $"\"{terminator}\""))}}]
            connect-timeout = 5s
            tls { ca = "{{pem.Ca}}", verify-name = localhost }
            http2 { {{http2}} }
          }
        }
        """;
}
