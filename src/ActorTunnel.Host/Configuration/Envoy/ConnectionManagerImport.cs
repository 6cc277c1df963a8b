using ActorTunnel.Host.Configuration.Hocon;
using ActorTunnel.Proxy.Routing;

namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>
/// Reads an <c>http_connection_manager</c> whose routes have a <c>connect_matcher</c>, which is the terminator's side.
/// </summary>
/// <param name="clusters">All of them.</param>
internal sealed class ConnectionManagerImport(ClusterImport clusters)
{
    internal const string Type = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

    private const string Router = "envoy.extensions.filters.http.router.v3.Router";

    /// <summary>The <c>connect</c> section of a listener; null where no route ends tunnels, which is told.</summary>
    /// <param name="filter">The connection manager.</param>
    /// <param name="handshakeTimeout">Of the filter chain, or null.</param>
    internal HoconDraft? Read(EnvoyMessage filter, Placed<TimeSpan>? handshakeTimeout)
    {
        filter.NoEffect("stat_prefix");
        var http1 = filter.Choice("codec_type", ("AUTO", 0, true), ("HTTP2", 2, false));
        filter.Message("http_protocol_options", _ => { }); // Empty, it asks for HTTP/1.1's defaults; what stands in it is told.
        AccessLogImport.Read(filter);
        filter.Each("http_filters", http =>
        {
            http.NoEffect("name");
            http.Typed("typed_config", (Router, _ => { }));
        });

        // On or off, the routes decide: they say what becomes of a CONNECT.
        filter.Each("upgrade_configs", upgrade =>
        {
            upgrade.Only("upgrade_type", "CONNECT");
            upgrade.Only("enabled", "true");
        });

        var ignoresPorts = filter.Flag("strip_any_host_port") is { Value: true };
        var routes = new List<HoconDraft>();
        filter.Message("route_config", configuration =>
        {
            configuration.NoEffect("name");
            ignoresPorts |= configuration.Flag("ignore_port_in_host_matching") is { Value: true };
            configuration.Each("virtual_hosts", host => ReadHost(host, ignoresPorts, routes));
        });

        var http2 = filter.Message("http2_protocol_options", Http2Import.Read) ?? new HoconDraft(filter.Place);
        http2.Set("handshake-timeout", handshakeTimeout);
        var origin = new HoconDraft(filter.Place);
        origin.Set("idle-timeout", filter.Duration("stream_idle_timeout"));
        if (routes.Count == 0)
        {
            filter.NotCarry("is not carried: no route with a connect_matcher ends tunnels");
            return null;
        }

        var connect = new HoconDraft(filter.Place);
        connect.Set("routes", routes, filter.Place);
        connect.Set("http1", http1, value => value ? "true" : "false");
        connect.Set("http2", http2);
        connect.Set("origin", origin);
        return connect;
    }

    /// <summary>Of the routes of a virtual host, the first that takes CONNECT takes all of them.</summary>
    private void ReadHost(EnvoyMessage host, bool ignoresPorts, List<HoconDraft> routes)
    {
        host.NoEffect("name");
        var domains = host.Texts("domains");
        var isTaken = false;
        Placed<string>? upstream = null;
        host.Each("routes", route =>
        {
            if (isTaken)
            {
                route.NotCarried("is not carried: an earlier route takes every CONNECT");
                return;
            }

            isTaken = IsForConnect(route);
            upstream = isTaken ? ReadRoute(route) : null;
        });

        if (upstream is null)
        {
            return;
        }

        foreach (var domain in domains.Where(domain => IsCarried(host, domain, ignoresPorts)))
        {
            var entry = new HoconDraft(domain.Place);
            entry.Set("authority", domain);
            entry.Set("upstream", upstream);
            routes.Add(entry);
        }
    }

    private static bool IsForConnect(EnvoyMessage route)
    {
        var isForConnect = false;
        route.Message("match", match =>
        {
            isForConnect = match.Has("connect_matcher");
            if (isForConnect)
            {
                match.Message("connect_matcher", _ => { });
            }
            else
            {
                route.NotCarried("is not carried: it is for other methods than CONNECT");
                match.Forget();
            }
        });
        return isForConnect;
    }

    private Placed<string>? ReadRoute(EnvoyMessage route)
    {
        route.NoEffect("name");
        Placed<string>? upstream = null;
        route.Message("route", action =>
        {
            // A tunnel has no deadline here.
            action.Only("timeout", "0s");
            var ends = false;
            action.Each("upgrade_configs", upgrade =>
            {
                upgrade.Only("upgrade_type", "CONNECT");
                upgrade.Only("enabled", "true");
                ends |= upgrade.Has("connect_config");
                upgrade.Message("connect_config", _ => { });
            });

            var cluster = action.Text("cluster");
            if (!ends)
            {
                action.NotCarry("is not carried: without upgrade_configs with a connect_config Envoy hands the CONNECT on and ends no tunnel");
                return;
            }

            upstream = clusters.OriginsOf(action, cluster);
        });
        return upstream;
    }

    private static bool IsCarried(EnvoyMessage host, Placed<string> domain, bool ignoresPorts)
    {
        if (!RoutePattern.TryParse(domain.Value, out var pattern, out var problem))
        {
            host.NotCarried(domain, problem, ValueKind.RoutePattern.Allowed);
            return false;
        }

        if (pattern is { Kind: not RoutePatternKind.Any, Port: null } && !ignoresPorts)
        {
            host.Note(domain, "takes every port here; Envoy compares it with host and port, unless strip_any_host_port is on");
        }

        return true;
    }
}
