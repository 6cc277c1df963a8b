using System.Collections.Immutable;
using Akka.Actor;

namespace ActorTunnel.Proxy.Status;

/// <summary>
/// Carries one question down the tree: asks, asks on where a reply names others, and answers when nobody is left to reply or when the time is up.
/// <code>
///   Collecting ──every reply is there, or the deadline──▶ answered, stopped
/// </code>
/// An actor that stopped meanwhile is not missed; one that lives and is silent is named.
/// </summary>
internal sealed class StatusCollectorActor : ReceiveActor, IWithTimers
{
    private readonly StatusProtocol.StatusQuery _query;
    private readonly ImmutableArray<IActorRef> _first;
    private readonly TimeSpan _deadline;
    private readonly TaskCompletionSource<StatusAnswer<object>> _answer;
    private readonly HashSet<IActorRef> _awaited = [];
    private readonly ImmutableArray<object>.Builder _found = ImmutableArray.CreateBuilder<object>();
    private int _room;
    private long _total;

    /// <param name="query">Sent to everybody.</param>
    /// <param name="first">Whom to ask first.</param>
    /// <param name="deadline">How long replies are waited for.</param>
    /// <param name="answer">Set once.</param>
    public StatusCollectorActor(
        StatusProtocol.StatusQuery query, ImmutableArray<IActorRef> first, TimeSpan deadline, TaskCompletionSource<StatusAnswer<object>> answer)
    {
        _query = query;
        _first = first;
        _deadline = deadline;
        _answer = answer;
        _room = query.Limit;
        Receive<StatusProtocol.StatusReply>(reply =>
        {
            if (_awaited.Remove(Sender))
            {
                Context.Unwatch(Sender);
                Take(reply);
                AnswerWhenComplete();
            }
        });
        Receive<Terminated>(gone =>
        {
            _awaited.Remove(gone.ActorRef);
            AnswerWhenComplete();
        });
        Receive<TimeIsUp>(_ => Answer());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(
        StatusProtocol.StatusQuery query, ImmutableArray<IActorRef> first, TimeSpan deadline, TaskCompletionSource<StatusAnswer<object>> answer) =>
        Akka.Actor.Props.Create(() => new StatusCollectorActor(query, first, deadline, answer));

    protected override void PreStart()
    {
        Timers.StartSingleTimer(TimeIsUp.Instance, TimeIsUp.Instance, _deadline);
        Ask(_first);
        AnswerWhenComplete();
    }

    /// <summary>Whatever ended it, who asked is not left waiting.</summary>
    protected override void PostStop() => Answer();

    private void Take(StatusProtocol.StatusReply reply)
    {
        if (reply.Status is not null)
        {
            _found.Add(reply.Status);
        }

        _total += reply.Total;
        var asked = reply.AreItems ? Math.Min(reply.Ask.Length, _room) : reply.Ask.Length;
        if (reply.AreItems)
        {
            _room -= asked;
        }

        Ask(reply.Ask.AsSpan(0, asked));
    }

    private void Ask(ImmutableArray<IActorRef> actors) => Ask(actors.AsSpan());

    private void Ask(ReadOnlySpan<IActorRef> actors)
    {
        foreach (var actor in actors)
        {
            _awaited.Add(actor);
            Context.Watch(actor);
            actor.Tell(_query);
        }
    }

    private void AnswerWhenComplete()
    {
        if (_awaited.Count == 0)
        {
            Answer();
        }
    }

    private void Answer()
    {
        var silent = _awaited.Take(StatusAnswer<object>.MaxSilent).Select(ActorNames.PathOf).Order(StringComparer.Ordinal);
        _answer.TrySetResult(new StatusAnswer<object>(_found.ToImmutable(), _total, [.. silent]));
        Context.Stop(Self);
    }

    private sealed class TimeIsUp
    {
        public static readonly TimeIsUp Instance = new();
    }
}
