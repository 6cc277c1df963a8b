using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>Reads <c>envoy.config.core.v3.Address</c>; only a TCP socket's address is carried.</summary>
internal static class AddressImport
{
    /// <summary>What this program may bind; null where it is missing or wrong, which is told.</summary>
    internal static Placed<string>? ReadBind(EnvoyMessage owner) => Read(owner, ValueKind.Bind);

    /// <summary>What this program may dial.</summary>
    internal static Placed<string>? ReadEndpoint(EnvoyMessage owner) => Read(owner, ValueKind.Endpoint);

    private static Placed<string>? Read<T>(EnvoyMessage owner, ValueKind<T> kind)
    {
        if (!owner.Has("address"))
        {
            owner.Missing("address", "socket_address with address and port_value");
            return null;
        }

        return owner.Message("address", address => address.Message("socket_address", socket => ReadSocket(socket, kind)));
    }

    private static Placed<string>? ReadSocket<T>(EnvoyMessage socket, ValueKind<T> kind)
    {
        socket.Only("protocol", "TCP", "0");
        socket.Only("ipv4_compat", "false");
        var host = socket.Text("address");
        var port = socket.UInt("port_value");
        if (host is null || port is null)
        {
            // What was given and is wrong was told already.
            if (!socket.Has("address") || !socket.Has("port_value"))
            {
                socket.Mistake("has no address and port_value", kind.Allowed);
            }

            return null;
        }

        var isIPv6 = host.Value.Contains(':', StringComparison.Ordinal);
        var address = host with { Value = isIPv6 ? $"[{host.Value}]:{port.Value}" : $"{host.Value}:{port.Value}" };
        if (kind.Parse(address.Value, out _) is { } problem)
        {
            socket.NotCarried(address, problem, kind.Allowed);
            return null;
        }

        return address;
    }
}
