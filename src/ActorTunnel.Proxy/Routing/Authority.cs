namespace ActorTunnel.Proxy.Routing;

/// <summary>
/// Host and port of a CONNECT (RFC 9113 §8.5). The host is in lower case and without brackets.
/// </summary>
public sealed record Authority(string Host, int Port)
{
    public override string ToString() =>
        Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
