using System.Net;

namespace ActorTunnel.Mesh;

/// <summary>What came of starting a node's part in the mesh.</summary>
public abstract record MeshStart
{
    private MeshStart()
    {
    }

    /// <summary>Akka.Remote listens; joining goes on.</summary>
    /// <param name="Node">The caller's to end.</param>
    public sealed record Started(MeshNode Node) : MeshStart;

    /// <summary>The address cannot be listened on; nothing is left running.</summary>
    /// <param name="Address">As configured.</param>
    /// <param name="Problem">What the system said of it.</param>
    public sealed record BindFailed(IPEndPoint Address, string Problem) : MeshStart;
}
