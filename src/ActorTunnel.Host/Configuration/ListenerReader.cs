using System.Collections.Immutable;
using System.Net;
using ActorTunnel.Host.Configuration.Hocon;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Host.Configuration;

/// <summary>
/// Reads an entry of <c>listeners</c>. Where a required value is missing, a placeholder stands in for it, so that the rest is still
/// checked; settings with mistakes are never used.
/// </summary>
/// <param name="upstreams">All of them, to check names against.</param>
/// <param name="tls">Loads certificates.</param>
/// <param name="templates">Reads texts with operators.</param>
/// <param name="routeTemplate">The keys of a route.</param>
internal sealed class ListenerReader(UpstreamCatalog upstreams, TlsReader tls, ConnectTemplateReader templates, HoconObject routeTemplate)
{
    private static readonly ValueKind<AcceptProxyProtocol> ProxyProtocol = ValueKind.Choice(
        ("off", AcceptProxyProtocol.Off), ("accept", AcceptProxyProtocol.Accept), ("require", AcceptProxyProtocol.Require));

    private static readonly ValueKind<TunnelAccept> Accept = ValueKind.Choice(
        ("tcp", TunnelAccept.Tcp), ("http-connect", TunnelAccept.HttpConnect));

    private static readonly ValueKind<OriginalDestinationMode> OriginalDestination = ValueKind.Choice(
        ("off", OriginalDestinationMode.Off), ("redirect", OriginalDestinationMode.Redirect), ("tproxy", OriginalDestinationMode.Tproxy));

    private static readonly IPEndPoint NoBind = new(IPAddress.None, 0);

    /// <summary>Null where it is open which kind of listener it is.</summary>
    internal ListenerSettings? Read(string name, SectionReader section)
    {
        var bind = section.Required("bind", ValueKind.Bind) ?? NoBind;
        var maxConnections = section.Get("max-connections", ValueKind.Integer(1));
        var proxyProtocol = section.Get("proxy-protocol", ProxyProtocol);
        var peekTimeout = section.Get("peek-timeout", ValueKind.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(5)));
        var originalDestination = OriginalDestinationMode.Off;
        if (section.IsGiven("tunnel"))
        {
            originalDestination = ReadOriginalDestination(section, proxyProtocol);
        }
        else
        {
            section.Refuse("is only for a listener with tunnel", "original-dst");
        }

        var tunnel = section.OptionalSection("tunnel", part => ReadTunnel(name, bind, originalDestination, part));
        var connect = section.OptionalSection("connect", part => ReadConnect(name, bind, part));
        if (section.IsGiven("tunnel") == section.IsGiven("connect"))
        {
            section.Mistake(
                section.IsGiven("tunnel") ? "has both tunnel and connect" : "has neither tunnel nor connect",
                "exactly one of tunnel { } (encapsulator) and connect { } (terminator)");
        }

        if (section.IsGiven("tunnel") && !section.IsGiven("connect"))
        {
            section.Refuse("is only for a listener with connect; TLS towards terminators belongs to the upstream", "tls");
            return tunnel is null ? null : tunnel with { MaxConnections = maxConnections, ProxyProtocol = proxyProtocol, PeekTimeout = peekTimeout };
        }

        var serverTls = section.OptionalSection("tls", part => tls.ReadServer(name, part));
        return connect is null ? null : connect with
        {
            MaxConnections = maxConnections, ProxyProtocol = proxyProtocol, PeekTimeout = peekTimeout, Tls = serverTls,
        };
    }

    private static OriginalDestinationMode ReadOriginalDestination(SectionReader section, AcceptProxyProtocol proxyProtocol)
    {
        var mode = section.Get("original-dst", OriginalDestination);
        if (mode != OriginalDestinationMode.Off && !OperatingSystem.IsLinux())
        {
            section.Mistake("original-dst", "is only for Linux", "off");
        }

        if (mode != OriginalDestinationMode.Off && proxyProtocol != AcceptProxyProtocol.Off)
        {
            section.Mistake("original-dst", "and proxy-protocol both say where a connection was going", "one of the two");
        }

        return mode;
    }

    private TunnelListenerSettings ReadTunnel(string name, IPEndPoint bind, OriginalDestinationMode originalDestination, SectionReader section)
    {
        var settings = new TunnelListenerSettings
        {
            Name = name,
            Bind = bind,
            OriginalDestination = originalDestination,
            Accept = section.Get("accept", Accept),
            Upstream = upstreams.Reference(section, "upstream", UpstreamProtocol.Http2) ?? "",
            Authority = null,
            EarlyData = section.Get("early-data", ValueKind.Flag),
            Tunnel = TunnelReader.Read(section),
        };
        return templates.Read(section, settings);
    }

    private ConnectListenerSettings ReadConnect(string name, IPEndPoint bind, SectionReader section) => new()
    {
        Name = name,
        Bind = bind,
        Routes = ReadRoutes(section),
        Http1 = section.Get("http1", ValueKind.Flag),
        Http2 = section.Section("http2", Http2Reader.Read),
        Tunnel = section.Section("origin", TunnelReader.Read),
    };

    private ImmutableArray<RouteSettings> ReadRoutes(SectionReader section)
    {
        var routes = ImmutableArray.CreateBuilder<RouteSettings>();
        var readers = new List<SectionReader>();
        var count = section.Items("routes", routeTemplate, route =>
        {
            var pattern = route.Required("authority", ValueKind.RoutePattern);
            var upstream = upstreams.Reference(route, "upstream", UpstreamProtocol.Tcp);
            if (pattern is not null && upstream is not null)
            {
                routes.Add(new RouteSettings(pattern, upstream));
                readers.Add(route);
            }
        });

        if (count == 0 && !section.IsWrong("routes"))
        {
            section.Missing("routes", "at least one { authority = …, upstream = … }");
        }

        RouteTable.TryCreate(routes, out _, out var mistakes);
        foreach (var duplicate in mistakes.OfType<RouteMistake.Duplicate>())
        {
            readers[duplicate.Index].Mistake("authority", "another route has the same pattern", "each pattern once");
        }

        return routes.ToImmutable();
    }
}
