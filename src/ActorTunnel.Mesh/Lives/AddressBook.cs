using System.Collections.Immutable;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Mesh.Lives;

/// <summary>Addresses of members that this node has heard of in any of its lives, the latest first. Safe for any thread.</summary>
/// <remarks>Where port 0 is configured, each life of a member has an address of its own; old ones are forgotten, by number and by age.</remarks>
internal sealed class AddressBook(TimeProvider time)
{
    /// <summary>Addresses kept at most.</summary>
    public const int Capacity = 32;

    /// <summary>How long an address is kept after it was heard of last, by a member's coming or its loss: that it is still there is not news.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    private readonly Lock _lock = new();
    private ImmutableList<(EndpointAddress Address, long HeardAt)> _entries = [];

    /// <summary>The latest first.</summary>
    public ImmutableArray<EndpointAddress> Addresses =>
        [.. Volatile.Read(ref _entries).Where(entry => time.GetElapsedTime(entry.HeardAt) < Lifetime).Select(entry => entry.Address)];

    /// <summary>There is, or was a moment ago, a member at <paramref name="address"/>.</summary>
    public void Heard(EndpointAddress address)
    {
        lock (_lock)
        {
            var entries = _entries.RemoveAll(entry => entry.Address == address).Insert(0, (address, time.GetTimestamp()));
            Volatile.Write(ref _entries, entries.Count > Capacity ? entries.RemoveAt(Capacity) : entries);
        }
    }

    /// <summary>The member there has left in order.</summary>
    public void Left(EndpointAddress address)
    {
        lock (_lock)
        {
            Volatile.Write(ref _entries, _entries.RemoveAll(entry => entry.Address == address));
        }
    }
}
