using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using ActorTunnel.Transport.Loops;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Proxy.Sessions;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Proxy.Upstreams;
using ActorTunnel.Transport.Sockets;
using Akka.Actor;
using Akka.Streams;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Upstreams;

/// <summary>What becomes of a tunnel whose attempts fail.</summary>
public sealed class TunnelRequestsTests : TestKit, IAsyncLifetime
{
    private readonly BufferPool _buffers = new();
    private readonly Meter _meter = new("test");
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Pool _pool = new();
    private TcpConnection _connection = null!;
    private Socket _application = null!;
    private EndpointList _endpoints = null!;
    private TunnelRequests _requests = null!;
    private TestProbe _requester = null!;

    public TunnelRequestsTests()
        : base("akka.loglevel = OFF")
    {
    }

    public async Task InitializeAsync()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        var dialer = new TcpDialer(
            new TcpConnectionOptions { ResetUnlessClean = true },
            new NameResolver(Dns.GetHostAddressesAsync, TimeSpan.FromSeconds(5), TimeProvider.System),
            TimeSpan.FromSeconds(5),
            TimeProvider.System);
        var dialled = await dialer.DialAsync([IPAddress.Loopback], ((IPEndPoint)_listener.LocalEndPoint!).Port, CancellationToken.None);
        _connection = Assert.IsType<DialResult.Connected>(dialled).Connection;
        _application = await _listener.AcceptAsync();
        _requester = CreateTestProbe();
    }

    public Task DisposeAsync()
    {
        _connection.Reset();
        _application.Dispose();
        _listener.Dispose();
        _meter.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public void Each_attempt_goes_to_another_endpoint_and_the_last_one_that_is_allowed_is_the_answer()
    {
        Start(endpoints: 4);
        var request = Place();

        var first = GivenTo(request);
        Refuse(first, bySession: true);
        var second = GivenTo(request);
        Refuse(second, bySession: false);
        var third = GivenTo(request);
        var failure = Refuse(third, bySession: true);

        Assert.Equal(3, new[] { first, second, third }.Select(given => given.Endpoint).Distinct().Count());
        Assert.Same(failure, _requester.ExpectMsg<TunnelProtocol.TunnelFailed>());
        Assert.Empty(_pool.Rests);
    }

    [Fact]
    public void With_one_attempt_the_first_failure_is_the_answer()
    {
        Start(endpoints: 2, upstream => upstream with { MaxAttempts = 1 });

        var failure = Refuse(GivenTo(Place()), bySession: true);

        Assert.Same(failure, _requester.ExpectMsg<TunnelProtocol.TunnelFailed>());
    }

    [Fact]
    public void Where_all_were_tried_the_tunnel_rests_longer_each_time_and_may_go_anywhere_again()
    {
        Start(endpoints: 1, upstream => upstream with { MaxAttempts = 9, MaxBackoff = TimeSpan.FromMilliseconds(700) });
        Place();

        for (var i = 0; i < 5; i++)
        {
            Refuse(GivenTo(null), bySession: false);
            _requester.ExpectNoMsg(TimeSpan.Zero);
            Assert.Empty(_pool.Given);
            _pool.Wake(_requests);
        }

        // From 100 ms, doubled up to 700 ms, half way between − 20 % and + 20 %.
        Assert.Equal([100, 200, 400, 700, 700], _pool.Rests.Select(rest => rest.TotalMilliseconds));
        GivenTo(null);
    }

    [Fact]
    public void A_session_that_refused_is_left_out_for_another_to_the_same_endpoint_and_asked_again_where_there_may_be_no_other()
    {
        Start(endpoints: 1, upstream => upstream with { MaxSessionsPerEndpoint = 2 });
        Place();
        var first = GivenTo(null);
        Refuse(first, bySession: true);
        _pool.Wake(_requests);
        Assert.Empty(_pool.Given); // It waits for the second session, which is dialled now.
        _pool.Ready(_requests);

        var second = GivenTo(null);
        Assert.Equal((first.Endpoint, false), (second.Endpoint, first.Session == second.Session));
        Refuse(second, bySession: true);
        _pool.Wake(_requests);

        GivenTo(null);
    }

    [Fact]
    public void A_tunnel_that_finds_its_session_busy_goes_there_all_the_same_and_those_behind_it_to_the_one_that_is_dialled_for_them()
    {
        Start(endpoints: 1);
        Place();
        var first = GivenTo(null).Session;
        _endpoints.Current[0].Sessions.Single(session => session.Actor.Equals(first)).Ready(100, _pool.Now, () => true);

        Place();
        Assert.Equal(first, GivenTo(null).Session);
        Place();
        Assert.Equal(first, GivenTo(null).Session);
        Assert.Equal(2, _endpoints.Current[0].Sessions.Count);
        _pool.Ready(_requests);

        Place();
        Assert.NotEqual(first, GivenTo(null).Session);
    }

    [Fact]
    public void Where_the_other_session_cannot_be_had_now_the_one_that_refused_is_asked_again()
    {
        Start(endpoints: 1, upstream => upstream with { MaxSessionsPerEndpoint = 2 });
        Place();
        var first = GivenTo(null);
        Refuse(first, bySession: true);
        _pool.Wake(_requests);
        Assert.Empty(_pool.Given);

        _pool.FailDial();
        _requests.Move(first.Endpoint, refusal: null);

        Assert.Equal(first.Session, GivenTo(null).Session);
    }

    [Fact]
    public void However_long_an_attempt_took_the_next_one_has_its_own_time_to_find_a_session()
    {
        Start(endpoints: 2);
        Place();
        var first = GivenTo(null);

        _pool.Pass(TimeSpan.FromMinutes(1));
        Refuse(first, bySession: false);

        Assert.NotEqual(first.Endpoint, GivenTo(null).Endpoint);
    }

    [Fact]
    public void A_tunnel_that_would_rest_beyond_its_deadline_hears_of_its_last_failure_at_once()
    {
        Start(endpoints: 1, upstream => upstream with { MinBackoff = TimeSpan.FromSeconds(20), MaxBackoff = TimeSpan.FromSeconds(20) });
        Place();

        var failure = Refuse(GivenTo(null), bySession: false);

        Assert.Same(failure, _requester.ExpectMsg<TunnelProtocol.TunnelFailed>());
        Assert.Equal(0, _requests.Unplaced);
    }

    [Fact]
    public void Who_rests_when_the_node_stops_hears_so_and_is_not_woken()
    {
        Start(endpoints: 1);
        Place();
        Refuse(GivenTo(null), bySession: false);
        Assert.Equal(1, _requests.Unplaced);

        _requests.Stop();

        Assert.Equal(ConnectFailureReason.Draining, _requester.ExpectMsg<TunnelProtocol.TunnelFailed>().Reason);
        _pool.Wake(_requests);
        _requester.ExpectNoMsg(TimeSpan.Zero);
        Assert.Empty(_pool.Given);
    }

    [Fact]
    public void Who_rests_while_its_terminator_leaves_the_list_hears_of_its_last_failure()
    {
        Start(endpoints: 1);
        Place();
        var failure = Refuse(GivenTo(null), bySession: false);
        _requests.EndpointsChanged(_endpoints.Replace([]));

        _pool.Wake(_requests);

        Assert.Same(failure, _requester.ExpectMsg<TunnelProtocol.TunnelFailed>());
    }

    private void Start(int endpoints, Func<UpstreamSettings, UpstreamSettings>? change = null)
    {
        var upstream = new UpstreamSettings
        {
            Name = "far",
            Endpoints = [],
            Protocol = UpstreamProtocol.Http2,
            LoadBalancing = LoadBalancing.LeastTunnels,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            MinBackoff = TimeSpan.FromMilliseconds(100),
        };
        upstream = change?.Invoke(upstream) ?? upstream;
        var node = new NodeContext(
            new NodeSettings { Name = "node", Listeners = [], Upstreams = [upstream] },
            new ProxyEnvironment(_buffers, new ProxyMeters(_meter), TimeProvider.System, _ => { }, _ => { }) { Random = new Halfway() },
            Sys.Materializer(),
            EventLoops.Start(Sys, 0),
            []);
        _endpoints = new EndpointList(upstream);
        _requests = new TunnelRequests(upstream, node, _endpoints, _pool);
        _pool.NewSession = () => ActorOfAsTestActorRef<Recorder>(Akka.Actor.Props.Create(() => new Recorder(_pool))); // What it is told, it has done.
        _endpoints.Replace([.. Enumerable.Range(1, endpoints).Select(i => ResolvedEndpoint.Static(new EndpointAddress("127.0.0.1", i)))]);
        foreach (var endpoint in _endpoints.Current)
        {
            _pool.Dial(endpoint);
        }

        _pool.Ready(_requests);
    }

    private TunnelProtocol.OpenTunnel Place()
    {
        var request = new TunnelProtocol.OpenTunnel(
            _requester, _connection, Client: null, [], new TunnelSettings(), Greeting: default, TunnelAttempts.None);
        _requests.Place(request);
        return request;
    }

    /// <summary>The attempt that was given to a session.</summary>
    private Attempt GivenTo(TunnelProtocol.OpenTunnel? request)
    {
        var (session, given) = Assert.Single(_pool.Given);
        _pool.Given.Clear();
        Assert.True(request is null || given.Requester.Equals(request.Requester));
        return new Attempt(_endpoints.Current.Single(endpoint => endpoint.Sessions.Exists(one => one.Actor.Equals(session))), session, given);
    }

    private TunnelProtocol.TunnelFailed Refuse(Attempt attempt, bool bySession)
    {
        var failure = new TunnelProtocol.TunnelFailed(
            ConnectFailureReason.RejectedByTerminator, "no", GuiltySide.Upstream, new TunnelProtocol.TunnelRoute(attempt.Endpoint.Address, "session", 1), null);
        attempt.Endpoint.Sessions.Single(session => session.Actor.Equals(attempt.Session)).Tunnels--;
        _requests.Retry(new ClientSessionProtocol.TunnelRefused(attempt.Request, failure, bySession), attempt.Session);
        return failure;
    }

    private sealed record Attempt(EndpointSessions Endpoint, IActorRef Session, TunnelProtocol.OpenTunnel Request);

    /// <summary>Does what the pool's actor does, when the test says so.</summary>
    private sealed class Pool : IPoolActions
    {
        private readonly List<TunnelProtocol.OpenTunnel> _resting = [];
        private readonly List<PooledSession> _dialled = [];

        public Func<IActorRef> NewSession { get; set; } = null!;

        public List<TimeSpan> Rests { get; } = [];

        public List<(IActorRef Session, TunnelProtocol.OpenTunnel Request)> Given { get; } = [];

        public TimeSpan Now { get; private set; }

        public void Dial(EndpointSessions endpoint)
        {
            var session = new PooledSession(NewSession(), endpoint);
            endpoint.Sessions.Add(session);
            _dialled.Add(session);
        }

        public void Resolve()
        {
        }

        public void WakeIn(TunnelProtocol.OpenTunnel resting, TimeSpan wait)
        {
            Rests.Add(wait);
            _resting.Add(resting);
        }

        /// <summary>What was dialled takes tunnels.</summary>
        public void Ready(TunnelRequests requests)
        {
            var ready = _dialled.ToList();
            _dialled.Clear();
            foreach (var session in ready)
            {
                session.Ready(100, Now);
                requests.Serve(session.Endpoint);
            }
        }

        /// <summary>The session that was dialled last could not be had.</summary>
        public void FailDial()
        {
            var failed = _dialled[^1];
            _dialled.Remove(failed);
            failed.Endpoint.Sessions.Remove(failed);
            failed.Endpoint.Failed(Now, TimeSpan.Zero, new Halfway());
        }

        public void Pass(TimeSpan time) => Now += time;

        /// <summary>The rest that began last is over.</summary>
        public void Wake(TunnelRequests requests)
        {
            Now += Rests[^1];
            var resting = _resting.ToList();
            _resting.Clear();
            resting.ForEach(requests.Wake);
        }
    }

    private sealed class Recorder : ReceiveActor
    {
        public Recorder(Pool pool)
        {
            Receive<TunnelProtocol.OpenTunnel>(request => pool.Given.Add((Self, request)));
        }
    }

    private sealed class Halfway : Random
    {
        public override double NextDouble() => 0.5;
    }
}
