using System.Collections.Immutable;
using Akka.Actor;

namespace ActorTunnel.Proxy.Status;

/// <summary>
/// What a running node says about itself. Each question goes to the actors as messages and is answered within its deadline, whatever they do;
/// each costs a message to every actor that is asked, and none waits for another.
/// </summary>
public sealed class NodeStatus
{
    private readonly ActorSystem _system;
    private readonly NodeContext _node;
    private readonly IActorRef _listeners;
    private readonly IActorRef _upstreams;

    internal NodeStatus(ActorSystem system, NodeContext node, IActorRef listeners, IActorRef upstreams)
    {
        _system = system;
        _node = node;
        _listeners = listeners;
        _upstreams = upstreams;
    }

    /// <summary>Whether the node takes no new tunnels, or has announced that it soon will not.</summary>
    public bool IsDraining => _node.AnnouncesDrain;

    /// <summary>Tunnels that are open or being set up, in either role; 0 or more. Cheap, for any thread.</summary>
    public int Tunnels => _node.Tunnels;

    /// <summary>Dials to origins under way, 0 or more. Cheap, for any thread.</summary>
    public int Dials => _node.ProcessDials.InUse;

    /// <summary>Every listener, in the order of the configuration.</summary>
    public async Task<StatusAnswer<ListenerStatus>> GetListenersAsync(TimeSpan deadline)
    {
        var found = await CollectAsync(new StatusProtocol.GetListenerStatus(int.MaxValue), deadline, _listeners).ConfigureAwait(false);
        var order = _node.Settings.Listeners.Select(listener => listener.Name).ToList();
        var items = found.Items.OfType<ListenerStatus>().OrderBy(listener => order.IndexOf(listener.Name));
        return new StatusAnswer<ListenerStatus>([.. items], order.Count, found.Silent);
    }

    /// <summary>Every upstream, in the order of the configuration.</summary>
    public async Task<StatusAnswer<UpstreamStatus>> GetUpstreamsAsync(TimeSpan deadline)
    {
        var found = await CollectAsync(new StatusProtocol.GetUpstreamStatus(int.MaxValue), deadline, _upstreams).ConfigureAwait(false);
        var order = _node.Settings.Upstreams.Select(upstream => upstream.Name).ToList();
        var dns = found.Items.OfType<DnsStatus>().ToDictionary(status => status.Upstream);
        var items = found.Items.OfType<UpstreamStatus>()
            .OrderBy(upstream => order.IndexOf(upstream.Name))
            .Select(upstream => upstream with { Dns = dns.GetValueOrDefault(upstream.Name) });
        return new StatusAnswer<UpstreamStatus>([.. items], order.Count, found.Silent);
    }

    /// <summary>Some sessions, the oldest first; those that were dialled and those that were accepted.</summary>
    /// <param name="limit">How many at most, 0 or more.</param>
    /// <param name="deadline">How long actors have to answer.</param>
    public async Task<StatusAnswer<SessionStatus>> GetSessionsAsync(int limit, TimeSpan deadline)
    {
        var found = await CollectAsync(new StatusProtocol.GetSessionStatus(limit), deadline, _upstreams, _listeners).ConfigureAwait(false);
        return new StatusAnswer<SessionStatus>(
            [.. found.Items.OfType<SessionStatus>().OrderByDescending(session => session.Age)], found.Total, found.Silent);
    }

    /// <summary>Some tunnels, the oldest of these first; which ones, where there are more, is not said.</summary>
    /// <inheritdoc cref="GetSessionsAsync"/>
    public async Task<StatusAnswer<TunnelStatus>> GetTunnelsAsync(int limit, TimeSpan deadline)
    {
        var found = await CollectAsync(new StatusProtocol.GetTunnelStatus(limit), deadline, _listeners).ConfigureAwait(false);
        var items = found.Items.OfType<TunnelStatus>().OrderByDescending(tunnel => tunnel.Age).ToImmutableArray();
        return new StatusAnswer<TunnelStatus>(items, Math.Max(_node.Tunnels, items.Length), found.Silent);
    }

    /// <inheritdoc cref="ActorTree.Read"/>
    public ActorNode GetActors(int childrenShown) => ActorTree.Read(_system, childrenShown);

    private Task<StatusAnswer<object>> CollectAsync(StatusProtocol.StatusQuery query, TimeSpan deadline, params ImmutableArray<IActorRef> first)
    {
        var answer = new TaskCompletionSource<StatusAnswer<object>>(TaskCreationOptions.RunContinuationsAsynchronously);
        _system.ActorOf(StatusCollectorActor.Props(query, first, deadline, answer));
        return answer.Task;
    }
}
