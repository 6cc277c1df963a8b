using System.Globalization;
using System.Text;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Proxy.Upstreams;

namespace ActorTunnel.Host.Admin;

/// <summary>What the node says about itself, for people.</summary>
internal static class StatusTables
{
    public static TextTable Of(IEnumerable<ListenerStatus> listeners)
    {
        var table = new TextTable("LISTENER", "ROLE", "ADDRESS", "TLS", "STATE", "OPEN", "MAX", "ACCEPTED");
        foreach (var listener in listeners)
        {
            table.Add(
                listener.Name,
                listener.Role,
                listener.Address,
                listener.Tls,
                listener.State,
                listener.OpenConnections,
                listener.MaxConnections,
                listener.AcceptedConnections);
        }

        return table;
    }

    /// <summary>A line for each endpoint; one for an upstream that has none.</summary>
    public static TextTable Of(IEnumerable<UpstreamStatus> upstreams)
    {
        var table = new TextTable(
            "UPSTREAM", "PROTOCOL", "TYPE", "LB", "ENDPOINT", "STATE", "SESSIONS", "RETIRED", "LOAD", "WAITING", "BACKOFF", "ZONE", "PRESENCE",
            "DRAINS", "REPORTED", "DNS");
        foreach (var upstream in upstreams)
        {
            var protocol = upstream.Protocol == UpstreamProtocol.Http2 ? "http2" : "tcp";
            var dns = upstream.Dns?.Names.Select(Describe);
            foreach (var endpoint in upstream.Endpoints)
            {
                table.Add(
                    upstream.Name,
                    protocol,
                    upstream.Type,
                    upstream.LoadBalancing,
                    endpoint.Address,
                    endpoint.State,
                    endpoint.Sessions,
                    endpoint.RetiredSessions,
                    endpoint.Load,
                    endpoint.Waiting,
                    endpoint.BackoffLeft > TimeSpan.Zero ? endpoint.BackoffLeft : null,
                    endpoint.Mesh?.Zone,
                    endpoint.Mesh?.Presence,
                    endpoint.Mesh?.Draining,
                    endpoint.Mesh?.Load is { } load ? Describe(load) : null,
                    dns);
            }

            if (upstream.Endpoints.IsEmpty)
            {
                table.Add(
                    upstream.Name, protocol, upstream.Type, upstream.LoadBalancing, null, null, 0, 0, upstream.Unplaced, upstream.Unplaced, null, null, null, null, null, dns);
            }
        }

        return table;
    }

    public static TextTable Of(IEnumerable<SessionStatus> sessions)
    {
        var table = new TextTable(
            "SESSION", "OPENED-BY", "OWNER", "ENDPOINT", "LOCAL", "REMOTE", "STATE", "TUNNELS", "MAX", "PEER-LIMIT", "AGE", "PROTOCOL", "SECURITY", "PEER");
        foreach (var session in sessions)
        {
            table.Add(
                session.Name,
                session.OpenedBy,
                session.Owner,
                session.Endpoint,
                session.Local,
                session.Remote,
                session.State,
                session.OpenTunnels,
                session.MaxTunnels,
                session.PeerLimit,
                session.Age,
                session.Protocol,
                session.Security,
                session.PeerSubject);
        }

        return table;
    }

    public static TextTable Of(IEnumerable<TunnelStatus> tunnels)
    {
        var table = new TextTable(
            "TUNNEL", "STATE", "LISTENER", "DOWNSTREAM", "AUTHORITY", "UPSTREAM", "ENDPOINT", "SESSION", "STREAM", "AGE", "TO-UPSTREAM", "TO-DOWNSTREAM");
        foreach (var tunnel in tunnels)
        {
            table.Add(
                tunnel.Path,
                tunnel.State,
                tunnel.Listener,
                tunnel.Downstream,
                tunnel.Authority,
                tunnel.Upstream,
                tunnel.Endpoint,
                tunnel.Session,
                tunnel.StreamId,
                tunnel.Age,
                tunnel.BytesToUpstream,
                tunnel.BytesToDownstream);
        }

        return table;
    }

    /// <summary>A star marks the node that tells of the others.</summary>
    public static TextTable Of(IEnumerable<MeshNodeStatus> nodes)
    {
        var table = new TextTable("NODE", "ADDRESS", "ROLES", "ZONE", "STATE", "REACHABLE", "TUNNEL-ADDRESS", "TUNNELS", "DIALS", "CPU", "MEMORY", "REPORT");
        foreach (var node in nodes)
        {
            table.Add(
                node.IsSelf ? $"{node.Name} *" : node.Name,
                node.Address,
                node.Roles,
                node.Zone,
                node.IsDraining == true ? $"{AdminAnswer.Word(node.State)},draining" : node.State,
                node.IsReachable,
                node.TunnelAddress,
                node.Tunnels,
                node.Dials,
                node.Cpu is { } cpu ? string.Create(CultureInfo.InvariantCulture, $"{cpu * 100:0.0}%") : null,
                node.ResidentBytes is { } bytes ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024 * 1024)}MiB") : null,
                node.ReportAge is { } age ? $"{TextTable.Duration(age)} ago" : null);
        }

        return table;
    }

    public static string Of(ActorNode tree)
    {
        var text = new StringBuilder();
        Append(text, tree, 0);
        return text.ToString();
    }

    private static void Append(StringBuilder text, ActorNode actor, int depth)
    {
        text.Append(' ', 2 * depth).Append(actor.Name).Append("  ").Append(actor.Kind).Append('\n');
        foreach (var child in actor.Children)
        {
            Append(text, child, depth + 1);
        }

        if (actor.Hidden > 0)
        {
            text.Append(' ', 2 * (depth + 1)).Append(CultureInfo.InvariantCulture, $"… and {actor.Hidden} more\n");
        }
    }

    /// <summary>Tunnels, dials, processor.</summary>
    private static string Describe(TerminatorLoad load) =>
        string.Create(CultureInfo.InvariantCulture, $"{load.Tunnels}+{load.Dials} {100 * load.Cpu:0}%");

    private static string Describe(DnsNameStatus name)
    {
        var age = name.AnswerAge is { } answered ? $"{TextTable.Duration(answered)} ago" : "never answered";
        return name.Failure is null ? $"{name.Name} {age}" : $"{name.Name} {age}, now {name.Failure}";
    }
}
