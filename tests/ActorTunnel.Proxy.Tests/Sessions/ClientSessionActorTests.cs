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
using Akka.Actor;
using Akka.Streams;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Sessions;

/// <summary>A session whose pool is a probe, and whose terminator says what the test writes.</summary>
public sealed class ClientSessionActorTests() : TestKit("akka.loglevel = OFF")
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly byte[] Settings = Frame(4, 0, []);
    private static readonly byte[] GoAway = Frame(7, 0, [0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]);

    private readonly Meter _meter = new("test");
    private readonly BufferPool _buffers = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    [Fact]
    public async Task A_tunnel_given_to_a_session_that_is_over_comes_back_until_the_pool_says_that_no_more_come()
    {
        var (pool, session, terminator) = await StartReadyAsync();
        terminator.Dispose();
        Assert.True(Expect<ClientSessionProtocol.SessionOver>(pool).Lost);

        var request = Request();
        pool.Send(session, request);
        Assert.Same(request, Expect<ClientSessionProtocol.TunnelReturned>(pool).Request);

        pool.Watch(session);
        pool.Send(session, ClientSessionProtocol.NoMoreTunnels.Instance);
        pool.ExpectTerminated(session, Patience);
    }

    [Fact]
    public async Task What_is_being_opened_when_the_session_ends_comes_back_behind_the_news_of_the_end()
    {
        var (pool, session, terminator) = await StartReadyAsync();
        var requests = Enumerable.Range(0, 200).Select(_ => Request()).ToArray();
        foreach (var request in requests)
        {
            pool.Send(session, request);
        }

        // Some were opened when the connection ended, some were not; each is told of, and none before the end is.
        terminator.Dispose();

        Expect<ClientSessionProtocol.SessionOver>(pool);
        var back = new HashSet<TunnelProtocol.OpenTunnel>(ReferenceEqualityComparer.Instance);
        while (back.Count < requests.Length)
        {
            Assert.True(back.Add(pool.ExpectMsg<object>(Patience) switch
            {
                ClientSessionProtocol.TunnelReturned returned => returned.Request,
                ClientSessionProtocol.TunnelRefused { BySession: false } refused => refused.Request,
                var other => throw new InvalidOperationException($"The pool got {other}."),
            }));
        }

        Assert.All(requests, request => Assert.Contains(request, back));
    }

    [Fact]
    public async Task A_refused_tunnel_comes_back_behind_the_GOAWAY_that_says_why()
    {
        var (pool, session, terminator) = await StartReadyAsync();
        var request = Request();
        pool.Send(session, request);
        await ReadHeadersAsync(terminator);

        await terminator.SendAsync(GoAway.Concat(Frame(3, 1, [0, 0, 0, 7])).ToArray());

        Expect<ClientSessionProtocol.SessionRetired>(pool);
        var told = new[] { pool.ExpectMsg<object>(Patience), pool.ExpectMsg<object>(Patience) };
        Assert.Contains(told, message => message is ClientSessionProtocol.TunnelOver);
        var refused = Assert.Single(told.OfType<ClientSessionProtocol.TunnelRefused>());
        Assert.True(refused.BySession);
        Assert.Same(request, refused.Request);
        terminator.Dispose();
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _listener.Dispose();
        _meter.Dispose();
    }

    private static byte[] Frame(byte type, byte stream, byte[] payload) => [0, 0, (byte)payload.Length, type, 0, 0, 0, 0, stream, .. payload];

    /// <summary>Skips everything up to the HEADERS of stream 1.</summary>
    private static async Task ReadHeadersAsync(Socket terminator)
    {
        using var stream = new NetworkStream(terminator, ownsSocket: false);
        await stream.ReadExactlyAsync(new byte[24]); // The preface.
        var header = new byte[9];
        do
        {
            await stream.ReadExactlyAsync(header);
            await stream.ReadExactlyAsync(new byte[(header[0] << 16) | (header[1] << 8) | header[2]]);
        }
        while (header[3] != 1);
    }

    private static T Expect<T>(TestProbe pool) => pool.ExpectMsg<T>(Patience);

    private TunnelProtocol.OpenTunnel Request() => new(
        CreateTestProbe(),
        Connection: null!, // Read only after a 2xx, which no terminator here sends.
        Client: null,
        [new(":method", "CONNECT"), new(":authority", "host.com:443")],
        new TunnelSettings(),
        Greeting: default,
        TunnelAttempts.None);

    private async Task<(TestProbe Pool, IActorRef Session, Socket Terminator)> StartReadyAsync()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        var address = new EndpointAddress("127.0.0.1", ((IPEndPoint)_listener.LocalEndPoint!).Port);
        var upstream = new UpstreamSettings { Name = "far", Protocol = UpstreamProtocol.Http2, Endpoints = [address] };
        var node = new NodeContext(
            new NodeSettings { Name = "node", Listeners = [], Upstreams = [upstream] },
            new ProxyEnvironment(_buffers, new ProxyMeters(_meter), TimeProvider.System, _ => { }, _ => { }),
            Sys.Materializer(),
            EventLoops.Start(Sys, 0),
            []);
        var pool = CreateTestProbe();
        var session = pool.ChildActorOf(ClientSessionActor.Props(ResolvedEndpoint.Static(address), upstream, tls: null, node));
        var terminator = await _listener.AcceptAsync();
        await terminator.SendAsync(Settings);
        Expect<ClientSessionProtocol.SessionReady>(pool);
        return (pool, session, terminator);
    }
}
