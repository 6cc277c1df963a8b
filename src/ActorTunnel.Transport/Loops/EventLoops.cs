using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace ActorTunnel.Transport.Loops;

/// <summary>
/// The event loops of an actor system, a dispatcher each. A connection's graph runs on one of them, and what works with that connection is best put there, too. Without a loop, which is so
/// where the system is not Linux, everything runs on the default dispatcher, and sockets are .NET's to watch.
/// </summary>
public sealed class EventLoops
{
    private readonly EventLoop[] _loops;
    private readonly string[] _dispatchers;
    private int _next;

    private EventLoops(EventLoop[] loops, string[] dispatchers)
    {
        _loops = loops;
        _dispatchers = dispatchers;
    }

    /// <summary>For a wait that any of them may do: the caller's own, where it runs on one; null where there is none.</summary>
    internal EventLoop? Any => EventLoop.Current ?? (_loops.Length == 0 ? null : _loops[0]);

    /// <summary>How many there are.</summary>
    public int Count => _loops.Length;

    /// <summary>The dispatcher of actors that many sessions deal with: the last one, since sessions begin with the first.</summary>
    public string Common => _dispatchers.Length == 0 ? Dispatchers.DefaultDispatcherId : _dispatchers[^1];

    /// <summary>Starts loops, which end with the actor system.</summary>
    /// <param name="system">Whose actors run on them.</param>
    /// <param name="count">0 for none.</param>
    /// <param name="polling">How long each asks for events before it sleeps, where its waits are shorter; zero: it sleeps at once.</param>
    public static EventLoops Start(ActorSystem system, int count, TimeSpan polling = default)
    {
        if (!OperatingSystem.IsLinux())
        {
            count = 0;
        }

        var loops = new EventLoop[count];
        var dispatchers = new string[count];
        for (var i = 0; i < count; i++)
        {
            var id = $"event-loop-{i}";
            var loop = new EventLoop(id, polling);
            system.Dispatchers.RegisterConfigurator(id, new Configurator(id, loop, system.Dispatchers.Prerequisites));
            system.RegisterOnTermination(loop.Stop);
            loops[i] = loop;
            dispatchers[i] = id;
        }

        return new EventLoops(loops, dispatchers);
    }

    /// <summary>The dispatcher for one more session and what works with it: of the loops with the least to do lately one after the other, the first one first.</summary>
    public string Next()
    {
        if (_loops.Length == 0)
        {
            return Dispatchers.DefaultDispatcherId;
        }

        var turn = (uint)(Interlocked.Increment(ref _next) - 1);
        var best = (int)(turn % (uint)_loops.Length);
        for (var i = 1; i < _loops.Length; i++)
        {
            var other = (int)((turn + i) % (uint)_loops.Length);
            best = Tenths(other) < Tenths(best) ? other : best;
        }

        return _dispatchers[best];
    }

    /// <summary>Puts a graph on a dispatcher.</summary>
    public static IRunnableGraph<T> On<T>(string dispatcher, IRunnableGraph<T> graph) =>
        graph.WithAttributes(ActorAttributes.CreateDispatcher(dispatcher));

    private int Tenths(int loop) => (int)(_loops[loop].Load * 10);

    private sealed class Configurator : MessageDispatcherConfigurator
    {
        private readonly LoopDispatcher _dispatcher;

        public Configurator(string id, EventLoop loop, IDispatcherPrerequisites prerequisites)
            : base(Config.Empty, prerequisites)
        {
            _dispatcher = new LoopDispatcher(this, id, loop);
        }

        public override MessageDispatcher Dispatcher() => _dispatcher;
    }

    private sealed class LoopDispatcher : MessageDispatcher
    {
        /// <summary>
        /// Messages that an actor handles in a turn, besides two for each socket that became ready: so it sees all that its sockets have in one turn and sends what comes of it together, and a tunnel
        /// of bulk, which feeds itself, gives way to sockets and other actors within a millisecond or two. (A deadline would do, but with one Akka handles a single message a turn.)
        /// </summary>
        private const int MessagesATurn = 64;

        private readonly EventLoop _loop;

        public LoopDispatcher(MessageDispatcherConfigurator configurator, string id, EventLoop loop)
            : base(configurator)
        {
            _loop = loop;
            Id = id;
            Throughput = MessagesATurn;
        }

        protected override void ExecuteTask(IRunnable run)
        {
            Throughput = MessagesATurn + (2 * _loop.BecameReady);
            _loop.Execute(run);
        }

        /// <summary>Nobody lives on it at the moment; somebody will again.</summary>
        protected override void Shutdown()
        {
        }
    }
}
