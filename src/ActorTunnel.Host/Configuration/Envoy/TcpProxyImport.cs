using ActorTunnel.Host.Configuration.Hocon;
using ActorTunnel.Proxy.Routing;

namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>Reads a <c>tcp_proxy</c> with <c>tunneling_config</c>, which is the encapsulator's side.</summary>
/// <param name="clusters">All of them.</param>
internal sealed class TcpProxyImport(ClusterImport clusters)
{
    internal const string Type = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";

    /// <summary>The <c>tunnel</c> section of a listener; null where the filter makes no tunnels, which is told.</summary>
    internal HoconDraft? Read(EnvoyMessage filter)
    {
        if (!filter.Has("tunneling_config"))
        {
            filter.NotCarried("is not carried: it has no tunneling_config, and all that is carried is tunnels");
            return null;
        }

        var tunnel = new HoconDraft(filter.Place);
        filter.NoEffect("stat_prefix");
        AccessLogImport.Read(filter);
        if (!filter.Has("cluster"))
        {
            filter.Missing("cluster", "the name of a cluster");
        }

        tunnel.Set("upstream", clusters.TerminatorsOf(filter, filter.Text("cluster")));
        filter.Message("tunneling_config", tunneling =>
        {
            tunnel.Set("authority", ReadAuthority(tunneling));
            tunneling.Only("use_post", "false");
            tunneling.Only("propagate_response_headers", "false");
            tunneling.Only("propagate_response_trailers", "false");
            var headers = new HoconDraft(tunneling.Place);
            tunneling.Each("headers_to_add", option => ReadHeader(option, headers));
            tunnel.Set("headers", headers);
        });
        tunnel.Set("idle-timeout", filter.Duration("idle_timeout"));
        return tunnel;
    }

    private static Placed<string>? ReadAuthority(EnvoyMessage tunneling)
    {
        if (tunneling.Text("hostname") is not { } hostname)
        {
            tunneling.Missing("hostname", ValueKind.Authority.Allowed);
            return null;
        }

        // With operators in it, it has its shape only when they are filled in.
        if (!hostname.Value.Contains('%', StringComparison.Ordinal) && !Authority.TryParse(hostname.Value, out _, out var problem))
        {
            tunneling.NotCarried(hostname, problem, ValueKind.Authority.Allowed);
        }

        return hostname;
    }

    private static void ReadHeader(EnvoyMessage option, HoconDraft headers)
    {
        // On a CONNECT of our own there is nothing that a field could be appended to or replace.
        option.Only("append_action", "APPEND_IF_EXISTS_OR_ADD", "ADD_IF_ABSENT", "OVERWRITE_IF_EXISTS_OR_ADD", "0", "1", "2");
        option.Only("append", "true", "false");
        option.Message("header", header =>
        {
            var name = header.Text("key");
            var value = header.Text("value");
            if (name is null || value is null)
            {
                header.NotCarry("is not carried without a key and a value");
                return;
            }

            var key = HoconText.Key(name.Value.ToLowerInvariant());
            if (headers.Has(key))
            {
                header.NotCarried(name, "is not carried: this field stands here already");
                return;
            }

            headers.Set(key, value);
        });
    }
}
