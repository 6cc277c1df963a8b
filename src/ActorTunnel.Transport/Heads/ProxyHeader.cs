using System.Net;

namespace ActorTunnel.Transport.Heads;

/// <summary>Which connection a proxy in front of us carries, as the PROXY protocol tells it. Both ends or neither are known.</summary>
public sealed record ProxyHeader
{
    /// <param name="source">Who dialled the first proxy.</param>
    /// <param name="destination">Whom it dialled; of the same address family as <paramref name="source"/>.</param>
    public ProxyHeader(IPEndPoint source, IPEndPoint destination)
    {
        if (source.AddressFamily != destination.AddressFamily)
        {
            throw new ArgumentException("Both ends must be of one address family.", nameof(destination));
        }

        Source = source;
        Destination = destination;
    }

    private ProxyHeader()
    {
    }

    /// <summary>
    /// The proxy's own connection (LOCAL), or one whose ends it does not know or cannot express: the connection's own addresses count.
    /// </summary>
    public static ProxyHeader Unknown { get; } = new();

    /// <summary>Null where unknown.</summary>
    public IPEndPoint? Source { get; }

    /// <summary>Null where unknown.</summary>
    public IPEndPoint? Destination { get; }

    /// <summary>The header for a connection with these ends: IPv4 where both are, IPv6 with mapped addresses where they are mixed.</summary>
    public static ProxyHeader Of(IPEndPoint? source, IPEndPoint? destination)
    {
        if (source is null || destination is null)
        {
            return Unknown;
        }

        source = Unmapped(source);
        destination = Unmapped(destination);
        return source.AddressFamily == destination.AddressFamily
            ? new ProxyHeader(source, destination)
            : new ProxyHeader(Mapped(source), Mapped(destination));
    }

    private static IPEndPoint Unmapped(IPEndPoint end) =>
        end.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(end.Address.MapToIPv4(), end.Port) : end;

    private static IPEndPoint Mapped(IPEndPoint end) => new(end.Address.MapToIPv6(), end.Port);
}

/// <summary>Versions of the PROXY protocol.</summary>
public enum ProxyProtocolVersion
{
    /// <summary>One line of text.</summary>
    V1,

    /// <summary>Binary.</summary>
    V2,
}

/// <summary>What a connection may begin with where PROXY headers are only accepted, not required.</summary>
/// <param name="Header">Null where the connection begins with something else.</param>
public sealed record OptionalProxyHeader(ProxyHeader? Header);
