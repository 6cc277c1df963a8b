namespace ActorTunnel.TestSupport.Bytes;

/// <summary>Which way bytes go through a tunnel.</summary>
public enum TunnelDirection
{
    ToOrigin,
    ToApplication,
}
