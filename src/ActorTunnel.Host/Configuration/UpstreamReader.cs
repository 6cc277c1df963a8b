using System.Collections.Immutable;
using ActorTunnel.Mesh;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Transport.Sockets;

namespace ActorTunnel.Host.Configuration;

/// <summary>Reads an entry of <c>upstreams</c>.</summary>
internal static class UpstreamReader
{
    private static readonly ValueKind<UpstreamProtocol> Protocol = ValueKind.Choice(
        ("tcp", UpstreamProtocol.Tcp), ("http2", UpstreamProtocol.Http2));

    private static readonly ValueKind<UpstreamType> Type = ValueKind.Choice(
        ("static", UpstreamType.Static), ("logical-dns", UpstreamType.LogicalDns), ("strict-dns", UpstreamType.StrictDns), ("mesh", UpstreamType.Mesh));

    private static readonly ValueKind<DnsFamily> Family = ValueKind.Choice(
        ("v4-only", DnsFamily.V4Only), ("v6-only", DnsFamily.V6Only), ("v4-preferred", DnsFamily.V4Preferred), ("all", DnsFamily.All));

    private static readonly ValueKind<SendProxyProtocol> ProxyProtocol = ValueKind.Choice(
        ("off", SendProxyProtocol.Off), ("v1", SendProxyProtocol.V1), ("v2", SendProxyProtocol.V2));

    private static readonly (string Word, LoadBalancing Value)[] Policies =
    [
        ("round-robin", LoadBalancing.RoundRobin),
        ("least-tunnels", LoadBalancing.LeastTunnels),
        ("power-of-two", LoadBalancing.PowerOfTwo),
        ("source-hash", LoadBalancing.SourceHash),
    ];

    /// <param name="name">Of the upstream.</param>
    /// <param name="section">Its entry.</param>
    /// <param name="tls">Loads certificates.</param>
    /// <param name="mesh">Null where the node is in no mesh.</param>
    internal static UpstreamSettings Read(string name, SectionReader section, TlsReader tls, MeshSettings? mesh)
    {
        var type = section.Get("type", Type);
        var settings = new UpstreamSettings
        {
            Name = name,
            Endpoints = [],
            Type = type,
            Protocol = section.Get("protocol", Protocol),
            LoadBalancing = section.Get("lb", BalancingOf(type)),
            ConnectTimeout = section.Get("connect-timeout", ValueKind.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10))),
        };
        settings = type == UpstreamType.Mesh ? ReadMesh(section, settings, mesh) : ReadListed(section, settings);

        if (settings.Protocol == UpstreamProtocol.Tcp && !section.IsWrong("protocol"))
        {
            section.Refuse("is only for protocol = http2", "answer-timeout", "max-attempts", "sessions-per-endpoint", "backoff", "http2", "tls");
            return settings with { ProxyProtocol = section.Get("proxy-protocol", ProxyProtocol) };
        }

        section.Refuse("is only for protocol = tcp", "proxy-protocol");

        var (minBackoff, maxBackoff) = section.Section("backoff", BackoffReader.Read);
        return settings with
        {
            MinBackoff = minBackoff,
            MaxBackoff = maxBackoff,
            AnswerTimeout = section.Get("answer-timeout", ValueKind.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1))),
            MaxAttempts = section.Get("max-attempts", ValueKind.Integer(1, 100)),
            MaxSessionsPerEndpoint = section.Section("sessions-per-endpoint", sessions => sessions.Get("max", ValueKind.Integer(1, 1_000))),
            Http2 = section.Section("http2", Http2Reader.Read),
            Tls = section.OptionalSection("tls", part => tls.ReadClient(name, part)),
        };
    }

    /// <summary>What <c>auto</c> stands for follows from the type.</summary>
    private static ValueKind<LoadBalancing> BalancingOf(UpstreamType type) => ValueKind.Choice(
        [.. Policies, ("auto", type == UpstreamType.Mesh ? LoadBalancing.PowerOfTwo : LoadBalancing.RoundRobin)]);

    private static UpstreamSettings ReadMesh(SectionReader section, UpstreamSettings settings, MeshSettings? mesh)
    {
        section.Refuse("is not for type = mesh, where members tell of themselves", "endpoints");
        section.Refuse("is only for type = logical-dns or strict-dns", "dns-family", "dns-refresh");
        if (settings.Protocol != UpstreamProtocol.Http2 && !section.IsWrong("protocol"))
        {
            section.Mistake("protocol", "the members of a mesh are terminators, and they are spoken to in HTTP/2", "http2 with type = mesh");
        }

        if (mesh is null)
        {
            section.Mistake("type", "this node is in no mesh: actortunnel.mesh.bind is not set", "mesh on a node that has mesh.bind");
        }

        return settings with
        {
            Role = section.Get("role", ValueKind.Name),
            Zone = mesh?.Zone is { } own ? section.OptionalOr("zone", ValueKind.Name, own) : section.Optional("zone", ValueKind.Name),
        };
    }

    private static UpstreamSettings ReadListed(SectionReader section, UpstreamSettings settings)
    {
        settings = settings with { Endpoints = ReadEndpoints(section) };
        if (section.IsWrong("type"))
        {
            // It may have been meant to be any of them.
            return ReadDns(section, settings) with { Role = section.Get("role", ValueKind.Name), Zone = section.Optional("zone", ValueKind.Name) };
        }

        section.Refuse("is only for type = mesh", "role", "zone");
        if (settings.Type == UpstreamType.Static)
        {
            section.Refuse("is only for type = logical-dns or strict-dns", "dns-family", "dns-refresh");
            return settings;
        }

        return ReadDns(section, settings);
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
        if (endpoints.IsEmpty && !section.IsWrong("endpoints") && !section.IsWrong("type"))
        {
            section.Missing("endpoints", $"at least one element, {ValueKind.Endpoint.Allowed}");
        }

        return endpoints;
    }
}
