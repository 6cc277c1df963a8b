namespace ActorTunnel.Proxy;

/// <summary>How a stop passes from the node down to its tunnels, and back.</summary>
internal static class DrainProtocol
{
    /// <summary>Take no new work; finish the old.</summary>
    public sealed record BeginDrain
    {
        public static readonly BeginDrain Instance = new();
    }

    /// <summary>The answer to <see cref="BeginDrain"/>: nothing is left.</summary>
    public sealed record Drained
    {
        public static readonly Drained Instance = new();
    }

    /// <summary>The deadline has come: reset every tunnel.</summary>
    public sealed record AbortTunnels
    {
        public static readonly AbortTunnels Instance = new();
    }
}
