using System.Net;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.TestSupport.Network;

namespace ActorTunnel.Scenarios.Support;

/// <summary>The three connections of a tunnel, one after the other.</summary>
public enum Link
{
    Application,
    Session,
    Origin,
}

/// <summary>An encapsulator and a terminator with a <see cref="FaultPipe"/> in one of the three links, and an origin.</summary>
internal sealed class FaultyTopology : IAsyncDisposable
{
    private readonly StoryNode _terminator;
    private readonly StoryNode _encapsulator;
    private readonly List<Transfer> _transfers = [];

    private FaultyTopology(Origin origin, FaultPipe pipe, StoryNode terminator, StoryNode encapsulator, IPEndPoint entrance)
    {
        Origin = origin;
        Pipe = pipe;
        _terminator = terminator;
        _encapsulator = encapsulator;
        Entrance = entrance;
    }

    public Origin Origin { get; }

    public FaultPipe Pipe { get; }

    public StoryNode Encapsulator => _encapsulator;

    public StoryNode Terminator => _terminator;

    /// <summary>Where applications connect to.</summary>
    public IPEndPoint Entrance { get; }

    /// <param name="security">Between the two nodes.</param>
    /// <param name="link">Where the pipe is.</param>
    /// <param name="faults">Of the link's connections, which are the tunnels in the order in which they are opened.</param>
    /// <param name="sessions">How many sessions the tunnels are spread over, one each; 0: all in one.</param>
    public static async Task<FaultyTopology> StartAsync(Security security, Link link, Func<int, LinkFaults> faults, int sessions = 0)
    {
        var origin = Origin.Start();
        var pipe = link == Link.Origin ? new FaultPipe(origin.Address, faults) : null;
        var terminator = await StoryNode.StartAsync(StorySettings.Terminator(pipe?.Address ?? origin.Address, security));
        pipe ??= link == Link.Session ? new FaultPipe(terminator.AddressOf("connect-in"), faults) : null;
        var settings = StorySettings
            .Encapsulator(security, link == Link.Session ? pipe!.Address : terminator.AddressOf("connect-in"))
            .WithUpstream(upstream => upstream with { MaxSessionsPerEndpoint = Math.Max(1, sessions) });
        var encapsulator = await StoryNode.StartAsync(sessions > 0 ? settings.WithStreams(1) : settings);
        pipe ??= new FaultPipe(encapsulator.AddressOf("tunnel-in"), faults);
        return new FaultyTopology(
            origin, pipe, terminator, encapsulator, link == Link.Application ? pipe.Address : encapsulator.AddressOf("tunnel-in"));
    }

    /// <summary>Opens tunnels, one after the other, through each of which both sides will send the same number of bytes.</summary>
    public async Task<Transfers> OpenAsync(int count, Func<int, int> length)
    {
        var transfers = new Transfers(count);
        for (var i = 0; i < count; i++)
        {
            var application = await Peer.ConnectAsync(Entrance);
            transfers.All[i] = new Transfer(i, length(i), application, await Origin.AcceptAsync());
            _transfers.Add(transfers.All[i]);
        }

        return transfers;
    }

    public async ValueTask DisposeAsync()
    {
        // The nodes first, as long as the pipe lets them end their sessions.
        await using (Origin)
        await using (Pipe)
        await using (_terminator)
        await using (_encapsulator)
        {
        }

        TunnelBytes.AssertAgreed(_encapsulator, _terminator, _transfers);
    }
}
