using System.Collections.Immutable;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Transport.Sockets;

namespace ActorTunnel.Host.Configuration;

/// <summary>Reads an entry of <c>upstreams</c>.</summary>
internal static class UpstreamReader
{
    private static readonly ValueKind<UpstreamProtocol> Protocol = ValueKind.Choice(
        ("tcp", UpstreamProtocol.Tcp), ("http2", UpstreamProtocol.Http2));

    private static readonly ValueKind<UpstreamType> Type = ValueKind.Choice(
        ("static", UpstreamType.Static), ("logical-dns", UpstreamType.LogicalDns), ("strict-dns", UpstreamType.StrictDns));

    private static readonly ValueKind<DnsFamily> Family = ValueKind.Choice(
        ("v4-only", DnsFamily.V4Only), ("v6-only", DnsFamily.V6Only), ("v4-preferred", DnsFamily.V4Preferred), ("all", DnsFamily.All));

    private static readonly ValueKind<SendProxyProtocol> ProxyProtocol = ValueKind.Choice(
        ("off", SendProxyProtocol.Off), ("v1", SendProxyProtocol.V1), ("v2", SendProxyProtocol.V2));

    private static readonly ValueKind<LoadBalancing> Balancing = ValueKind.Choice(
        ("round-robin", LoadBalancing.RoundRobin), ("least-tunnels", LoadBalancing.LeastTunnels));

    private static readonly ValueKind<TimeSpan> Backoff = ValueKind.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));

    internal static UpstreamSettings Read(string name, SectionReader section, TlsReader tls)
    {
        var settings = new UpstreamSettings
        {
            Name = name,
            Endpoints = ReadEndpoints(section),
            Type = section.Get("type", Type),
            Protocol = section.Get("protocol", Protocol),
            LoadBalancing = section.Get("lb", Balancing),
            ConnectTimeout = section.Get("connect-timeout", ValueKind.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10))),
        };

        if (settings.Type == UpstreamType.Static && !section.IsWrong("type"))
        {
            section.Refuse("is only for type = logical-dns or strict-dns", "dns-family", "dns-refresh");
        }
        else
        {
            settings = ReadDns(section, settings);
        }

        if (settings.Protocol == UpstreamProtocol.Tcp && !section.IsWrong("protocol"))
        {
            section.Refuse("is only for protocol = http2", "answer-timeout", "sessions-per-endpoint", "backoff", "http2", "tls");
            return settings with { ProxyProtocol = section.Get("proxy-protocol", ProxyProtocol) };
        }

        section.Refuse("is only for protocol = tcp", "proxy-protocol");

        return section.Section("backoff", backoff => ReadBackoff(backoff, settings)) with
        {
            AnswerTimeout = section.Get("answer-timeout", ValueKind.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1))),
            MaxSessionsPerEndpoint = section.Section("sessions-per-endpoint", sessions => sessions.Get("max", ValueKind.Integer(1, 1_000))),
            Http2 = section.Section("http2", Http2Reader.Read),
            Tls = section.OptionalSection("tls", part => tls.ReadClient(name, part)),
        };
    }

    private static UpstreamSettings ReadDns(SectionReader section, UpstreamSettings settings)
    {
        if (settings.Type == UpstreamType.LogicalDns && settings.Endpoints.Length > 1)
        {
            section.Mistake("endpoints", "has more than one element", "exactly one with type = logical-dns");
        }

        return settings with
        {
            DnsFamily = section.Get("dns-family", Family),
            DnsRefresh = section.Get("dns-refresh", ValueKind.Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(24))),
        };
    }

    private static ImmutableArray<EndpointAddress> ReadEndpoints(SectionReader section)
    {
        var endpoints = section.List("endpoints", ValueKind.Endpoint);
        if (endpoints.IsEmpty && !section.IsWrong("endpoints"))
        {
            section.Missing("endpoints", $"at least one element, {ValueKind.Endpoint.Allowed}");
        }

        return endpoints;
    }

    private static UpstreamSettings ReadBackoff(SectionReader section, UpstreamSettings settings)
    {
        var min = section.Get("min", Backoff);
        var max = section.Get("max", Backoff);
        if (max < min)
        {
            section.Mistake(section.IsGiven("max") ? "max" : "min", "the longest wait is shorter than the first one", "min no longer than max");
        }

        return settings with { MinBackoff = min, MaxBackoff = max };
    }
}
