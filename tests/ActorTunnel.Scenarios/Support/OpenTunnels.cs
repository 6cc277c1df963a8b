using System.Net;

namespace ActorTunnel.Scenarios.Support;

/// <summary>Tunnels that a story keeps open for a while.</summary>
internal sealed class OpenTunnels(IPEndPoint entrance, Origin origin) : IDisposable
{
    private readonly List<Peer> _peers = [];

    /// <summary>Opens some more, one after the other.</summary>
    public async Task OpenAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _peers.Add(await Peer.ConnectAsync(entrance));
            _peers.Add(await origin.AcceptAsync());
        }
    }

    /// <summary>Ends all of them cleanly.</summary>
    public void Dispose()
    {
        _peers.ForEach(peer => peer.Dispose());
        _peers.Clear();
    }
}
