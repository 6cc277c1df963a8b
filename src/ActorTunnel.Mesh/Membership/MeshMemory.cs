using System.Collections.Immutable;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Upstreams;

namespace ActorTunnel.Mesh.Membership;

/// <summary>What a node knows of the mesh across its lives. Written by the actors of the one life that runs; read from any thread.</summary>
/// <param name="directory">Where the data plane reads; nobody else replaces its snapshot.</param>
/// <param name="time">The clock by which a view's reports grow older; the system's where it is null.</param>
internal sealed class MeshMemory(TerminatorDirectory directory, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _lock = new();
    private volatile Shown _shown = new(new MeshView(IsJoined: false, Lives: 0, []), 0);
    private volatile bool _isDraining;
    private MeshPast _past = MeshPast.Nothing;
    private int _life;
    private long _sequence;

    /// <summary>Where the data plane reads.</summary>
    public TerminatorDirectory Directory { get; } = directory;

    /// <summary>The latest view, its reports as old as they are by now; what was last known where no life is a member now.</summary>
    public MeshView View
    {
        get
        {
            var shown = _shown;
            var age = _time.GetElapsedTime(shown.At);
            return shown.View with { Members = [.. shown.View.Members.Select(member => member with { ReportAge = member.ReportAge + age })] };
        }

        set => _shown = new Shown(value, _time.GetTimestamp());
    }

    /// <summary>Akka addresses of the other members that were last known, for the next life to join.</summary>
    public ImmutableArray<EndpointAddress> Others => [.. _shown.View.Members.Where(member => !member.IsSelf).Select(member => member.Address)];

    /// <summary>Whether the node has begun to drain. It never takes that back, and no life forgets it.</summary>
    public bool IsDraining => _isDraining;

    /// <summary>The node drains from now on.</summary>
    public void BeginDrain() => _isDraining = true;

    /// <summary>A life begins, or its actor does again. Returns what it begins with; whatever an earlier one still has to say is not heard any more.</summary>
    public MeshPast BeginLife(int life)
    {
        lock (_lock)
        {
            _sequence = life == _life ? _sequence : 0;
            _life = life;
            Forsake();
            return _past;
        }
    }

    /// <summary>The sequence number of a life's next report; 1 is the first.</summary>
    public long NextSequence(int life)
    {
        lock (_lock)
        {
            return life == _life ? ++_sequence : 0;
        }
    }

    /// <summary>What a life that is a member knows now. The snapshot is replaced where it is another.</summary>
    public void Publish(int life, MeshView view, TerminatorSnapshot snapshot, MeshPast past)
    {
        lock (_lock)
        {
            if (life == _life)
            {
                _past = past;
                View = view;
                Replace(snapshot);
            }
        }
    }

    /// <summary>A life is a member no more. The others stay as they were last known, unheard.</summary>
    public void EndLife(int life)
    {
        lock (_lock)
        {
            if (life == _life)
            {
                Forsake();
            }
        }
    }

    private void Forsake()
    {
        var view = View;
        View = new MeshView(IsJoined: false, _life, [.. view.Members.Select(member => member with { IsReachable = member.IsSelf })]);
        if (Directory.Current.IsKnown)
        {
            Replace(Directory.Current with { Terminators = [.. Directory.Current.Terminators.Select(Unheard)] });
        }
    }

    private static Terminator Unheard(Terminator terminator) => terminator with
    {
        Presence = terminator.Presence == TerminatorPresence.Lost ? TerminatorPresence.Lost : TerminatorPresence.Unreachable,
        Load = null,
    };

    private void Replace(TerminatorSnapshot snapshot)
    {
        var current = Directory.Current;
        if (current.IsKnown != snapshot.IsKnown || !current.Terminators.AsSpan().SequenceEqual(snapshot.Terminators.AsSpan(), SameTerminator.Instance))
        {
            Directory.Replace(snapshot);
        }
    }

    private sealed record Shown(MeshView View, long At);

    /// <summary>Two that the data plane need not tell apart. A report that says the same as the one before is another report.</summary>
    private sealed class SameTerminator : IEqualityComparer<Terminator>
    {
        public static readonly SameTerminator Instance = new();

        public bool Equals(Terminator? x, Terminator? y) =>
            x is not null
            && y is not null
            && ReferenceEquals(x.Load, y.Load)
            && x with { Roles = y.Roles, Load = y.Load } == y
            && x.Roles.AsSpan().SequenceEqual(y.Roles.AsSpan());

        public int GetHashCode(Terminator terminator) => terminator.Address.GetHashCode();
    }
}
