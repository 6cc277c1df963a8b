using System.Net;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Scenarios.Support;

/// <summary>An encapsulator and a terminator on free ports, in front of an origin; or one node that is both.</summary>
internal sealed class Topology : IAsyncDisposable
{
    private Topology(StoryNode encapsulator, StoryNode terminator)
    {
        Encapsulator = encapsulator;
        Terminator = terminator;
    }

    public StoryNode Encapsulator { get; }

    public StoryNode Terminator { get; }

    /// <summary>Whether the terminator has tunnels that the encapsulator knows nothing of.</summary>
    public bool HasOtherClients { get; set; }

    /// <summary>Where applications connect to.</summary>
    public IPEndPoint Entrance => Encapsulator.AddressOf("tunnel-in");

    public static async Task<Topology> StartAsync(
        IPEndPoint origin,
        Security security = Security.Cleartext,
        Func<NodeSettings, NodeSettings>? encapsulator = null,
        Func<NodeSettings, NodeSettings>? terminator = null)
    {
        var far = await StoryNode.StartAsync(Change(StorySettings.Terminator(origin, security), terminator));
        var near = await StoryNode.StartAsync(
            Change(StorySettings.Encapsulator(security, far.AddressOf("connect-in")), encapsulator));
        return new Topology(near, far);
    }

    public static async Task<Topology> StartMergedAsync(IPEndPoint origin)
    {
        var merged = await StoryNode.StartAsync(StorySettings.Merged(origin));
        return new Topology(merged, merged);
    }

    /// <summary>An application and the origin's end of its tunnel.</summary>
    public async Task<(Peer Application, Peer Origin)> OpenAsync(Origin origin)
    {
        var application = await Peer.ConnectAsync(Entrance);
        return (application, await origin.AcceptAsync());
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Encapsulator.DisposeAsync();
        }
        finally
        {
            if (Terminator != Encapsulator)
            {
                await Terminator.DisposeAsync();
            }
        }

        if (Terminator != Encapsulator && !HasOtherClients)
        {
            TunnelBytes.AssertAgreed(Encapsulator, Terminator);
        }
    }

    private static NodeSettings Change(NodeSettings settings, Func<NodeSettings, NodeSettings>? change) =>
        change is null ? settings : change(settings);
}
