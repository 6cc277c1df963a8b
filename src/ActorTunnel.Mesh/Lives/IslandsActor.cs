using System.Collections.Immutable;
using System.Security.Cryptography;
using ActorTunnel.Mesh.Messages;
using ActorTunnel.Proxy.Settings;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;

namespace ActorTunnel.Mesh.Lives;

/// <summary>
/// Finds other clusters of the same mesh, and ends the life where its own cluster is the one that gives way; <c>/user/islands</c>. Each member finds out by itself: those of the other
/// cluster are asked by whoever knows an address outside its own. What others say unasked makes it ask; only an answer to a question of its own ends the life.
/// </summary>
internal sealed class IslandsActor : ReceiveActor, IWithTimers
{
    /// <summary>Its name under <c>/user</c>, the same on each node.</summary>
    public const string Name = "islands";

    // Addresses that do not answer cost a dial each.
    private const int AskedAtOnce = 2;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    // The other cluster must stay before this one twice, this far apart.
    private static readonly TimeSpan Reflection = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DoubtLifetime = TimeSpan.FromSeconds(10);

    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly ImmutableArray<EndpointAddress> _seeds;
    private readonly AddressBook _book;
    private readonly Random _random;
    private readonly Action _smaller;
    private readonly TimeProvider _time;
    private readonly SystemId _self;
    private readonly UnreadableLog _unreadable = new(Context.GetLogger());
    private readonly Dictionary<EndpointAddress, Question> _questions = [];
    private Doubt? _doubt;

    public IslandsActor(ImmutableArray<EndpointAddress> seeds, AddressBook book, Action smaller, Random random, TimeProvider time)
    {
        _seeds = seeds;
        _book = book;
        _random = random;
        _smaller = smaller;
        _time = time;
        _self = new SystemId(_cluster.SelfAddress.ToEndpoint()!, _cluster.SelfUniqueAddress.Uid);
        Receive<Tick>(_ => AskOutside());
        Receive<Again>(message => AskAgain(message.Address));
        Receive<IslandsProtocol.WhichIsland>(Answer);
        Receive<IslandsProtocol.IslandKnown>(Hear);
        Receive<UnreadableMessage>(message => _unreadable.Tell(message, Sender));
        Receive<ClusterEvent.MemberUp>(message => Heard(message.Member));
        Receive<ClusterEvent.MemberRemoved>(message => Gone(message));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="seeds">As configured.</param>
    /// <param name="book">Where members were heard of.</param>
    /// <param name="smaller">There is a cluster that stays before this one; on the actor's thread, perhaps more than once.</param>
    /// <param name="random">Whom to ask.</param>
    /// <param name="time">The clock of doubts.</param>
    public static Props Props(ImmutableArray<EndpointAddress> seeds, AddressBook book, Action smaller, Random random, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new IslandsActor(seeds, book, smaller, random, time));

    protected override void PreStart()
    {
        _cluster.Subscribe(Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.MemberUp), typeof(ClusterEvent.MemberRemoved));
        Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, Interval);
    }

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void AskOutside()
    {
        var state = _cluster.State;
        if (Ours(state) is not { } island)
        {
            return;
        }

        // A member that is not heard may have come back as another system, which has founded a cluster.
        var heard = state.Members.Except(state.Unreachable).Select(member => member.Address.ToEndpoint()).ToHashSet();
        var outside = _seeds.Concat(_book.Addresses).Distinct().Where(address => address != _self.Address && !heard.Contains(address)).ToArray();
        _random.Shuffle(outside);
        foreach (var (asked, question) in _questions.ToImmutableArray())
        {
            if (_time.GetElapsedTime(question.Since) >= DoubtLifetime)
            {
                _questions.Remove(asked);
            }
        }

        foreach (var address in outside.Take(AskedAtOnce))
        {
            Ask(address, island);
        }
    }

    private void Ask(EndpointAddress address, Island island)
    {
        // Where it is asked before the answer came, the question stays the same.
        var question = _questions.TryGetValue(address, out var asked) ? asked.Number : BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        _questions[address] = new Question(question, _time.GetTimestamp());
        Context.ActorSelection(new RootActorPath(_cluster.SelfAddress.At(address)) / "user" / Name).Tell(new IslandsProtocol.WhichIsland(_self, island, question));
    }

    private void Answer(IslandsProtocol.WhichIsland question)
    {
        // A member that has not heard of this one yet asks too; to it this is no other island.
        if (Ours(_cluster.State) is { } ours && !IsMember(question.Asker))
        {
            Sender.Tell(new IslandsProtocol.IslandKnown(_self, ours, question.Question));
            Meet(question.Asker, question.Island, isAnswer: false);
        }
    }

    private void Hear(IslandsProtocol.IslandKnown message)
    {
        var isAnswer = _questions.TryGetValue(message.Member.Address, out var question) && question.Number == message.Question;
        if (isAnswer)
        {
            _questions.Remove(message.Member.Address);
        }

        Meet(message.Member, message.Island, isAnswer);
    }

    private void Meet(SystemId other, Island theirs, bool isAnswer)
    {
        if (Ours(_cluster.State) is not { } ours || IsMember(other) || theirs.Oldest == ours.Oldest)
        {
            return;
        }

        _book.Heard(other.Address);
        if (!theirs.StaysBefore(ours))
        {
            return;
        }

        if (isAnswer && _doubt is { } doubt && doubt.Oldest == theirs.Oldest && _time.GetElapsedTime(doubt.Since) is var age && age >= Reflection && age < DoubtLifetime)
        {
            _smaller();
            return;
        }

        // Members are heard of one by one, so a node that was let in this moment sees a small island for some milliseconds.
        if (_doubt is null || _doubt.Oldest != theirs.Oldest || _time.GetElapsedTime(_doubt.Since) >= DoubtLifetime)
        {
            _doubt = new Doubt(theirs.Oldest, _time.GetTimestamp());
            TellOwn(new IslandsProtocol.IslandKnown(other, theirs, Question: 0));
        }

        // Many may tell of the same island, and none of them puts the question off.
        if (!Timers.IsTimerActive(nameof(Again)))
        {
            Timers.StartSingleTimer(nameof(Again), new Again(other.Address), Reflection);
        }
    }

    // So that the whole island goes at once; whoever hears it from a member asks for itself, and tells nobody.
    private void TellOwn(IslandsProtocol.IslandKnown found)
    {
        var state = _cluster.State;
        if (state.Members.Any(member => member.Address == Sender.Path.Address))
        {
            return;
        }

        foreach (var member in state.Members.Except(state.Unreachable).Where(member => member.UniqueAddress != _cluster.SelfUniqueAddress))
        {
            Context.ActorSelection(new RootActorPath(member.Address) / "user" / Name).Tell(found);
        }
    }

    private void AskAgain(EndpointAddress address)
    {
        if (Ours(_cluster.State) is { } island)
        {
            Ask(address, island);
        }
    }

    private Island? Ours(ClusterEvent.CurrentClusterState state) => _cluster.IsMember() ? Island.Of(state) : null;

    private bool IsMember(SystemId id) => _cluster.State.Members.Any(member => Island.IdOf(member) == id);

    private void Heard(Member member)
    {
        if (member.UniqueAddress != _cluster.SelfUniqueAddress)
        {
            _book.Heard(member.Address.ToEndpoint()!);
        }
    }

    private void Gone(ClusterEvent.MemberRemoved message)
    {
        if (message.PreviousStatus == MemberStatus.Exiting)
        {
            _book.Left(message.Member.Address.ToEndpoint()!);
        }
        else
        {
            Heard(message.Member);
        }
    }

    private sealed record Tick
    {
        public static readonly Tick Instance = new();
    }

    private sealed record Again(EndpointAddress Address);

    /// <summary>That has no answer yet, and when it was asked last, a timestamp.</summary>
    private readonly record struct Question(ulong Number, long Since);

    /// <summary>The cluster whose oldest member is <paramref name="Oldest"/> stayed before this one, at a timestamp.</summary>
    private sealed record Doubt(SystemId Oldest, long Since);
}
