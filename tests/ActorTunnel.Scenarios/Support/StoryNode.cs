using System.Collections.Concurrent;
using System.Net;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Proxy;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Upstreams;
using Akka.Actor;
using Akka.Event;
using Akka.TestKit;
using Akka.TestKit.Xunit2;

namespace ActorTunnel.Scenarios.Support;

/// <summary>
/// One node of a story: a TestKit whose actor system the node runs in, so that a story can watch the node's actors by their names. What
/// the node logged and counted is at hand. Its end asserts that everything is back at its baseline.
/// </summary>
internal sealed class StoryNode : TestKit, IAsyncDisposable
{
    private const string Config =
        """
        akka {
          loglevel = INFO
          stdout-loglevel = OFF
          loggers = []
          log-dead-letters = off
        }
        """;

    private readonly NodeSettings _settings;
    private readonly TerminatorDirectory _directory;
    private bool _stopped;

    private StoryNode(NodeSettings settings, TerminatorDirectory directory)
        : base(Config, settings.Name)
    {
        _settings = settings;
        _directory = directory;
        Sys.EventStream.Subscribe(Sys.ActorOf(Props.Create(() => new LogCollector(LogLines)), "log"), typeof(LogEvent));
    }

    public BufferPool Pool { get; } = new();

    public Counters Counters { get; } = new();

    /// <summary>Lines that no story has taken yet.</summary>
    public ConcurrentQueue<AccessLogEntry> AccessLog { get; } = new();

    /// <summary>All lines of the access log.</summary>
    public ConcurrentQueue<AccessLogEntry> Tunnels { get; } = new();

    public CountedTime Time { get; } = new();

    public ConcurrentQueue<SessionLogEntry> SessionLog { get; } = new();

    /// <summary>What actors logged, from INFO upwards.</summary>
    public ConcurrentQueue<LogEvent> LogLines { get; } = new();

    public ProxyNode Node { get; private set; } = null!;

    public IPEndPoint AddressOf(string listener) => Node.Bound[listener];

    /// <param name="settings">What the node does.</param>
    /// <param name="lookup">Its resolver of names; null: the system's.</param>
    /// <param name="directory">The terminators of its mesh; null: it has none.</param>
    public static async Task<StoryNode> StartAsync(
        NodeSettings settings, Func<string, CancellationToken, Task<IPAddress[]>>? lookup = null, TerminatorDirectory? directory = null)
    {
        var story = new StoryNode(settings, directory ?? new TerminatorDirectory());
        var started = await ProxyNode.StartAsync(
            story.Sys,
            settings,
            new ProxyEnvironment(
                story.Pool, story.Counters.Meters, story.Time, story.TunnelEnded, story.SessionLog.Enqueue)
            {
                Lookup = lookup ?? Dns.GetHostAddressesAsync,
                Directory = story._directory,
            });
        story.Node = Assert.IsType<ProxyStart.Started>(started).Node;
        return story;
    }

    /// <summary>Holds one of the node's buffers until it is disposed.</summary>
    public IDisposable LendABlock() => Pool.Rent().AsSlice(0, 1);

    /// <summary>A probe that watches the actor at a path below <c>/user</c>, which must be there or come soon.</summary>
    public async Task<TestProbe> WatchAsync(string path)
    {
        IActorRef? actor = null;
        await AwaitAssertAsync(
            async () => actor = await Sys.ActorSelection("/user/" + path).ResolveOne(TimeSpan.FromMilliseconds(500)),
            Eventually.Patience,
            TimeSpan.FromMilliseconds(20));
        var probe = CreateTestProbe();
        await probe.WatchAsync(actor!);
        return probe;
    }

    /// <summary>The next access-log line of a tunnel listener or connect listener, waited for.</summary>
    public async Task<AccessLogEntry> NextAccessAsync()
    {
        AccessLogEntry? entry = null;
        await Eventually.TrueAsync(() => AccessLog.TryDequeue(out entry), () => $"{_settings.Name} wrote no access log");
        return entry!;
    }

    /// <summary>Waits for a log line that contains a text.</summary>
    public Task LoggedAsync(string text) => Eventually.TrueAsync(
        () => LogLines.Any(e => e.ToString().Contains(text, StringComparison.Ordinal)),
        () => $"{_settings.Name} did not log '{text}' but:\n{string.Join('\n', LogLines)}");

    /// <summary>Waits until a sum is what it should be.</summary>
    public Task CountsAsync(string counter, long expected) => Eventually.TrueAsync(
        () => Counters.Sum(counter) == expected,
        () => $"{_settings.Name}: {counter} is {Counters.Sum(counter)}, not {expected}\n{string.Join('\n', LogLines)}");

    /// <summary>Waits until so many requests are at no endpoint.</summary>
    public Task HasUnplacedAsync(int expected) => AwaitConditionAsync(
        async () => (await Node.Status.GetUpstreamsAsync(Eventually.Patience)).Items.Sum(upstream => upstream.Unplaced) == expected,
        Eventually.Patience,
        TimeSpan.FromMilliseconds(5),
        $"{_settings.Name}: not {expected} are at no endpoint");

    /// <summary>Waits until so many requests wait for a session of an endpoint.</summary>
    public async Task HasWaitingAsync(int expected)
    {
        var waiting = -1;
        await AwaitConditionAsync(
            async () =>
            {
                var upstreams = await Node.Status.GetUpstreamsAsync(Eventually.Patience);
                waiting = upstreams.Items.Sum(upstream => upstream.Endpoints.Sum(endpoint => endpoint.Waiting));
                return waiting == expected;
            },
            Eventually.Patience,
            TimeSpan.FromMilliseconds(5),
            $"{_settings.Name}: not {expected} wait");
    }

    /// <summary>
    /// Waits until all tunnels are over and nothing of them is left, while sessions are still open: an idle one holds no buffer, and one timer.
    /// </summary>
    public async Task SettledAsync()
    {
        await CountsAsync("tunnels.open", 0);
        await CountsAsync("dials.open", 0);
        await Eventually.TrueAsync(
            () => Pool.Rented == Pool.Returned, () => $"{_settings.Name}, idle: {Pool.Rented} buffers rented, {Pool.Returned} returned\n{string.Join('\n', LogLines)}");
        await Eventually.TrueAsync(
            () => Time.Timers <= Counters.Sum("sessions.open"), () => $"{_settings.Name}, idle: {Time.Timers} timers, {Counters.Sum("sessions.open")} sessions");
    }

    /// <summary>Drains, ends the system, and asserts that nothing is left and nothing went wrong.</summary>
    public async Task<bool> StopAsync(TimeSpan deadline)
    {
        _stopped = true;
        var result = await Node.DrainAsync(deadline);
        await CountsAsync("connections.open", 0);
        await CountsAsync("sessions.open", 0);
        await CountsAsync("sessions.retired.open", 0);
        await SettledAsync();
        await CountsAsync("tunnels.bytes{direction=to-upstream}", Tunnels.Sum(tunnel => tunnel.BytesToUpstream));
        await CountsAsync("tunnels.bytes{direction=to-downstream}", Tunnels.Sum(tunnel => tunnel.BytesToDownstream));
        await Eventually.TrueAsync(() => OurSockets().Count == 0, () => $"{_settings.Name} left {string.Join(", ", OurSockets())}");
        await Sys.Terminate();
        await Eventually.TrueAsync(
            () => Pool.Rented == Pool.Returned, () => $"{_settings.Name}: {Pool.Rented} buffers rented, {Pool.Returned} returned");
        await Eventually.TrueAsync(() => Time.Timers == 0, () => $"{_settings.Name} left {Time.Timers} timers");
        Assert.DoesNotContain(LogLines, e => e.LogLevel() == LogLevel.ErrorLevel);
        return result.InTime;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopped)
        {
            await SettledAsync();
            Assert.True(await StopAsync(Eventually.Patience), $"{_settings.Name} did not drain by itself");
        }

        Counters.Dispose();
        Dispose();
    }

    private void TunnelEnded(AccessLogEntry entry)
    {
        Tunnels.Enqueue(entry);
        AccessLog.Enqueue(entry);
    }

    private List<string> OurSockets() => OpenSockets.Of(
        Node.Bound.Values.Select(address => address.Port),
        _settings.Upstreams.SelectMany(upstream => upstream.Endpoints)
            .Concat(_directory.Current.Terminators.Select(terminator => terminator.Address))
            .Select(endpoint => endpoint.Port));

    private sealed class LogCollector : ReceiveActor
    {
        public LogCollector(ConcurrentQueue<LogEvent> log)
        {
            Receive<LogEvent>(log.Enqueue);
        }
    }
}
