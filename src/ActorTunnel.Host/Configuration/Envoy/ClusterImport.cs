using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>
/// Reads <c>static_resources.clusters</c>. Whether a cluster is a set of terminators or of origins is said by the listeners that name it,
/// so they are read in between.
/// </summary>
internal sealed class ClusterImport
{
    private const string HttpOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

    private readonly Dictionary<string, Cluster> _clusters = new(StringComparer.Ordinal);
    private readonly NameBook _names = new("upstream");

    private enum Use
    {
        None,
        Tunnels,
        Origins,
    }

    /// <summary>First, for each cluster.</summary>
    internal void Read(EnvoyMessage message)
    {
        if (message.Text("name") is not { } given)
        {
            message.Missing("name", "a text");
            message.NotCarried("is not carried without a name");
            return;
        }

        var cluster = new Cluster(_names.Take(message, given), given, message);
        if (!_clusters.TryAdd(given.Value, cluster))
        {
            message.Mistake(given, "another cluster has this name", "each name once");
        }

        message.NoEffect("alt_stat_name");
        ReadEndpoints(message, cluster.Draft);
        cluster.Http2 = ReadProtocol(message);
        cluster.ConnectTimeout = message.Duration("connect_timeout");
        cluster.Balancing = message.Choice("lb_policy", ("ROUND_ROBIN", 0, "round-robin"), ("LEAST_REQUEST", 1, "least-tunnels"));
        cluster.TransportSocket = message.Has("transport_socket");
        cluster.Tls = TlsImport.ReadClient(message);
    }

    /// <summary>Then for each listener: the name of an upstream that takes its tunnels.</summary>
    /// <param name="owner">Has the reference.</param>
    /// <param name="given">The name that Envoy has for the cluster.</param>
    internal Placed<string>? TerminatorsOf(EnvoyMessage owner, Placed<string>? given) => Refer(owner, given, Use.Tunnels);

    /// <summary>The same for what tunnels end at.</summary>
    internal Placed<string>? OriginsOf(EnvoyMessage owner, Placed<string>? given) => Refer(owner, given, Use.Origins);

    /// <summary>At last, all of them in the order of the file.</summary>
    internal HoconDraft Write(HoconPlace place)
    {
        var upstreams = new HoconDraft(place);
        foreach (var cluster in _clusters.Values)
        {
            upstreams.Set(HoconText.Key(cluster.Name), Finish(cluster), DraftComment.Of(cluster.Message.Path, cluster.Given.Value, cluster.Name));
        }

        return upstreams;
    }

    private static HoconDraft Finish(Cluster cluster)
    {
        var draft = cluster.Draft;
        var isHttp2 = cluster.Use == Use.Tunnels || (cluster.Use == Use.None && cluster.Http2 is not null);
        if (isHttp2)
        {
            draft.Set("protocol", "http2", cluster.Http2?.Place ?? cluster.Message.Place);
        }

        draft.Set("connect-timeout", cluster.ConnectTimeout);
        draft.Set("lb", cluster.Balancing);
        if (isHttp2)
        {
            draft.Set("http2", cluster.Http2);
            draft.Set("tls", cluster.Tls);
        }

        if (cluster.Use == Use.Tunnels && cluster.Http2 is null)
        {
            cluster.Message.NotCarry("takes tunnels and has no http2_protocol_options: CONNECT in HTTP/1.1 is not carried to a terminator");
        }
        else if (!isHttp2 && cluster.TransportSocket && cluster.Tls is not null)
        {
            cluster.Message.NotCarried("transport_socket", "is not carried: tunnels end at origins as they are, without TLS of ours");
        }

        return draft;
    }

    private static void ReadEndpoints(EnvoyMessage message, HoconDraft draft)
    {
        var type = message.Choice("type", ("STATIC", 0, "static"), ("STRICT_DNS", 1, "strict-dns"), ("LOGICAL_DNS", 2, "logical-dns"));
        draft.Set("type", type);

        var endpoints = new List<Placed<string>>();
        message.Message("load_assignment", assignment =>
        {
            assignment.NoEffect("cluster_name");
            assignment.Each("endpoints", locality =>
            {
                locality.Only("priority", "0");
                locality.Each("lb_endpoints", entry => ReadEndpoint(entry, endpoints));
            });
        });
        draft.Set("endpoints", endpoints, message.Place);

        var family = message.Choice(
            "dns_lookup_family", ("V4_ONLY", 1, "v4-only"), ("V6_ONLY", 2, "v6-only"), ("V4_PREFERRED", 3, "v4-preferred"), ("ALL", 4, "all"));
        var refresh = message.Duration("dns_refresh_rate");
        message.Only("respect_dns_ttl", "false");
        if (type is { Value: not "static" })
        {
            // Of no effect with STATIC, in Envoy too.
            draft.Set("dns-family", family);
            draft.Set("dns-refresh", refresh);
        }
    }

    private static void ReadEndpoint(EnvoyMessage entry, List<Placed<string>> endpoints)
    {
        entry.Only("health_status", "UNKNOWN", "HEALTHY", "0", "1");
        entry.Only("load_balancing_weight", "1");
        entry.Message("endpoint", endpoint =>
        {
            // For Host fields of requests, which a CONNECT has not.
            endpoint.NoEffect("hostname");
            if (AddressImport.ReadEndpoint(endpoint) is { } address)
            {
                endpoints.Add(address);
            }
        });
    }

    /// <summary>The options of HTTP/2; null where the cluster does not say that it is HTTP/2.</summary>
    private static HoconDraft? ReadProtocol(EnvoyMessage message)
    {
        // The field of before.
        var http2 = message.Message("http2_protocol_options", Http2Import.Read);
        message.Message("typed_extension_protocol_options", extensions => extensions.Typed(HttpOptions, (HttpOptions, options =>
            options.Message("explicit_http_config", config =>
                http2 = config.Message("http2_protocol_options", Http2Import.Read)))));
        return http2;
    }

    private Placed<string>? Refer(EnvoyMessage owner, Placed<string>? given, Use use)
    {
        if (given is null)
        {
            return null;
        }

        if (!_clusters.TryGetValue(given.Value, out var cluster))
        {
            owner.Mistake(given, $"there is no such cluster{Suggestion.DidYouMean(given.Value, _clusters.Keys)}", string.Join(", ", _clusters.Keys));
            return null;
        }

        if (cluster.Use != Use.None && cluster.Use != use)
        {
            owner.NotCarried(given, "is not carried: this cluster takes tunnels and ends them, too; it takes two upstreams");
            return null;
        }

        cluster.Use = use;
        return given with { Value = cluster.Name };
    }

    private sealed class Cluster(string name, Placed<string> given, EnvoyMessage message)
    {
        public string Name { get; } = name;

        public Placed<string> Given { get; } = given;

        public EnvoyMessage Message { get; } = message;

        public HoconDraft Draft { get; } = new(message.Place);

        public HoconDraft? Http2 { get; set; }

        public Placed<TimeSpan>? ConnectTimeout { get; set; }

        public Placed<string>? Balancing { get; set; }

        public bool TransportSocket { get; set; }

        public HoconDraft? Tls { get; set; }

        public Use Use { get; set; }
    }
}
