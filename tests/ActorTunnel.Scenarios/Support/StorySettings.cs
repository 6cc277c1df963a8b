using System.Net;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Scenarios.Support;

/// <summary>How the two hops of a story speak to each other.</summary>
public enum Security
{
    Cleartext,
    Tls,
    MutualTls,
}

/// <summary>The settings that stories start from, and the places where they change them.</summary>
internal static class StorySettings
{
    public static readonly Authority Host = new("host.com", 443);

    /// <summary>A text with operators, of a node called <c>node-1</c> without environment variables.</summary>
    public static HeaderTemplate Template(string text) =>
        HeaderTemplate.TryParse(text, new HeaderTemplateConstants("node-1", _ => null), out var template, out var mistakes)
            ? template
            : throw new ArgumentException(string.Join("; ", mistakes), nameof(text));

    public static IPEndPoint Loopback(int port) => new(IPAddress.Loopback, port);

    /// <summary>The listener <c>connect-in</c>, which sends everything to the upstream <c>origin</c>.</summary>
    public static NodeSettings Terminator(IPEndPoint origin, Security security, int port = 0) => new()
    {
        Name = "terminator",
        Listeners =
        [
            new ConnectListenerSettings
            {
                Name = "connect-in",
                Bind = Loopback(port),
                Routes = [new RouteSettings("*", "origin")],
                Tls = security == Security.Cleartext
                    ? null
                    : new ServerTlsSettings
                    {
                        Certificate = TestCertificates.Shared.Server,
                        ClientCa = security == Security.MutualTls ? TestCertificates.Shared.Ca : null,
                    },
            },
        ],
        Upstreams =
        [
            new UpstreamSettings { Name = "origin", Endpoints = [AddressOf(origin)], ConnectTimeout = TimeSpan.FromSeconds(5) },
        ],
    };

    /// <summary>The listener <c>tunnel-in</c> in front of the upstream <c>terminators</c>.</summary>
    public static NodeSettings Encapsulator(Security security, params IPEndPoint[] terminators) => new()
    {
        Name = "encapsulator",
        Listeners =
        [
            new TunnelListenerSettings { Name = "tunnel-in", Bind = Loopback(0), Upstream = "terminators", Authority = Template(Host.ToString()) },
        ],
        Upstreams =
        [
            new UpstreamSettings
            {
                Name = "terminators",
                Protocol = UpstreamProtocol.Http2,
                Endpoints = [.. terminators.Select(AddressOf)],
                ConnectTimeout = TimeSpan.FromSeconds(5),
                Tls = security == Security.Cleartext
                    ? null
                    : new ClientTlsSettings
                    {
                        Ca = TestCertificates.Shared.Ca,
                        VerifyName = "localhost",
                        Certificate = security == Security.MutualTls ? TestCertificates.Shared.Client : null,
                    },
            },
        ],
    };

    /// <summary>The same, where <c>terminators</c> are those of the mesh, each in turn.</summary>
    public static NodeSettings MeshEncapsulator() =>
        Encapsulator(Security.Cleartext).WithUpstream(upstream => upstream with { Type = UpstreamType.Mesh });

    /// <summary>Both roles in one process, with TLS between them.</summary>
    public static NodeSettings Merged(IPEndPoint origin)
    {
        var port = FreePort.Take();
        var terminator = Terminator(origin, Security.Tls, port);
        var encapsulator = Encapsulator(Security.Tls, Loopback(port));
        return new NodeSettings
        {
            Name = "merged",
            Listeners = [.. encapsulator.Listeners, .. terminator.Listeners],
            Upstreams = [.. encapsulator.Upstreams, .. terminator.Upstreams],
        };
    }

    public static NodeSettings WithTunnel(this NodeSettings node, Func<TunnelListenerSettings, TunnelListenerSettings> change) =>
        node with { Listeners = [.. node.Listeners.Select(listener => listener is TunnelListenerSettings tunnel ? change(tunnel) : listener)] };

    public static NodeSettings WithConnect(this NodeSettings node, Func<ConnectListenerSettings, ConnectListenerSettings> change) =>
        node with { Listeners = [.. node.Listeners.Select(listener => listener is ConnectListenerSettings connect ? change(connect) : listener)] };

    public static NodeSettings WithUpstream(this NodeSettings node, Func<UpstreamSettings, UpstreamSettings> change) =>
        node with { Upstreams = [.. node.Upstreams.Select(change)] };

    /// <summary>As a terminator, the streams that it allows on a session; as an encapsulator, those that it opens.</summary>
    public static NodeSettings WithStreams(this NodeSettings node, int limit) => node
        .WithConnect(listener => listener with { Http2 = listener.Http2 with { MaxConcurrentStreams = limit } })
        .WithUpstream(upstream => upstream with { Http2 = upstream.Http2 with { MaxConcurrentStreams = limit } });

    private static EndpointAddress AddressOf(IPEndPoint address) => new(address.Address.ToString(), address.Port);
}
