using System.Collections.Immutable;

namespace ActorTunnel.Mesh.Membership;

/// <summary>Who is to know that this node drains, and who has said that it does.</summary>
internal sealed class DrainAnnouncement
{
    private readonly HashSet<MemberId> _know = [];
    private ImmutableArray<Listener> _listeners = [];

    /// <summary>Who has not said that it knows.</summary>
    public IEnumerable<MemberId> Missing => _listeners.Select(listener => listener.Id).Where(id => !_know.Contains(id));

    /// <summary>Whether all know who can be waited for.</summary>
    public bool IsKnown => _listeners.All(listener => !listener.IsHeard || _know.Contains(listener.Id));

    /// <summary>These are the listeners now. A life that is not among them any more is not waited for.</summary>
    public void Listen(ImmutableArray<Listener> listeners) => _listeners = listeners;

    /// <summary>A member knows.</summary>
    public void Acknowledge(MemberId id) => _know.Add(id);

    /// <summary>A member that wants to know.</summary>
    /// <param name="Id">Which life of it.</param>
    /// <param name="IsHeard">Whether an answer can be expected.</param>
    public readonly record struct Listener(MemberId Id, bool IsHeard);
}
