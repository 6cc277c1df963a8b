using System.Net;

namespace ActorTunnel.Scenarios.Support;

/// <summary>Applications whose tunnels a story answers itself.</summary>
internal sealed class Applications(IPEndPoint entrance) : IDisposable
{
    private readonly List<Peer> _peers = [];

    /// <summary>Connects some more, one after the other.</summary>
    public async Task ConnectAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _peers.Add(await Peer.ConnectAsync(entrance));
        }
    }

    /// <summary>Each gets exactly this and a FIN, and ends its side.</summary>
    public async Task EndWithAsync(byte[] expected)
    {
        foreach (var peer in _peers)
        {
            peer.SendFin();
            await peer.ExpectToEndAsync(expected);
        }
    }

    public void Dispose() => _peers.ForEach(peer => peer.Dispose());
}
