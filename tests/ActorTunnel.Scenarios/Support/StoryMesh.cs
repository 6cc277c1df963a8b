using System.Net;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Upstreams;

namespace ActorTunnel.Scenarios.Support;

/// <summary>What the mesh tells an encapsulator, as the story wants it. Whatever connects behind a call finds the new list.</summary>
internal sealed class StoryMesh
{
    private readonly List<Terminator> _terminators = [];

    public TerminatorDirectory Directory { get; } = new();

    /// <summary>The mesh is entered, or a terminator joins it.</summary>
    public void Joins(IPEndPoint terminator, string? zone = null, TerminatorPresence presence = TerminatorPresence.Member)
    {
        _terminators.Add(new Terminator(AddressOf(terminator), ["terminator"], zone, presence, IsDraining: false, Load: null));
        Tell();
    }

    /// <summary>It is in the mesh but has another role.</summary>
    public void JoinsWithoutRole(IPEndPoint node)
    {
        _terminators.Add(new Terminator(AddressOf(node), ["seed"], Zone: null, TerminatorPresence.Member, IsDraining: false, Load: null));
        Tell();
    }

    /// <summary>It says something else of itself, or the mesh does.</summary>
    public void Changes(IPEndPoint terminator, Func<Terminator, Terminator> change)
    {
        var index = _terminators.FindIndex(one => one.Address == AddressOf(terminator));
        _terminators[index] = change(_terminators[index]);
        Tell();
    }

    public void Drains(IPEndPoint terminator) => Changes(terminator, one => one with { IsDraining = true });

    public void Leaves(IPEndPoint terminator)
    {
        _terminators.RemoveAll(one => one.Address == AddressOf(terminator));
        Tell();
    }

    /// <summary>It is entered, and nobody is there.</summary>
    public void IsEmpty() => Tell();

    private static EndpointAddress AddressOf(IPEndPoint address) => new(address.Address.ToString(), address.Port);

    private void Tell() => Directory.Replace(new TerminatorSnapshot(IsKnown: true, [.. _terminators]));
}
