using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Http2.Session;
using ActorTunnel.TestSupport.Certificates;
using ActorTunnel.TestSupport.Streams;
using ActorTunnel.TestSupport.Time;
using ActorTunnel.Transport.Relay;
using ActorTunnel.Transport.Sessions;
using ActorTunnel.Transport.Tls;
using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.TestKit;
using Xunit;

namespace ActorTunnel.Transport.Tests.Sessions;

/// <summary>
/// A client's and a server's session joined in memory, with a probe for the actor of each, and tunnels whose application and origin are hands.
/// </summary>
public abstract class SessionTest : StageTest
{
    protected static readonly HeaderField[] Request = [new(":method", "CONNECT"), new(":authority", "origin.example:443")];
    protected static readonly HeaderField[] Accepted = [new(":status", "200")];

    private int _tokens;

    protected SessionTest()
    {
        ClientActor = CreateTestProbe();
        ClientActor.IgnoreMessages(message => message is SessionProtocol.TunnelClosed); // Of use to a pool, and to two tests.
        ServerActor = CreateTestProbe();
    }

    protected HandTime Time { get; } = new();

    /// <summary>Of every session that is started from here on.</summary>
    protected SessionTimeouts Timeouts { get; set; } = SessionTimeouts.None;

    protected TestProbe ClientActor { get; }

    protected TestProbe ServerActor { get; }

    protected SessionHandle Client { get; set; } = null!;

    protected SessionHandle Server { get; private set; } = null!;

    protected UniqueKillSwitch Wire { get; private set; } = null!;

    protected SessionStage ClientStage(SessionSettings? settings = null) =>
        new(SessionRole.Client, settings ?? new SessionSettings(), Timeouts, Pool, ClientActor, Time);

    protected SessionStage ServerStage(SessionSettings? settings = null) =>
        new(SessionRole.Server, settings ?? new SessionSettings(), Timeouts, Pool, ServerActor, Time);

    /// <summary>Joins the two and waits until each knows the other's settings.</summary>
    protected void StartPair(
        SessionSettings? client = null,
        SessionSettings? server = null,
        bool tls = false,
        BidiFlow<SliceQueue, SliceQueue, SliceQueue, SliceQueue, NotUsed>? wire = null)
    {
        var serverEnd = Flow.FromGraph(ServerStage(server));
        var clientEnd = Flow.FromGraph(ClientStage(client));
        if (tls)
        {
            serverEnd = serverEnd.JoinMaterialized(
                TlsStage.Server(TestCertificates.ServerOptions(), Pool, static _ => { }), Keep.Left);
            clientEnd = clientEnd.JoinMaterialized(
                TlsStage.Client(TestCertificates.ClientOptions(), Pool, static _ => { }), Keep.Left);
        }

        // A wire takes bytes before they are asked for, as a socket does.
        wire ??= BidiFlow.FromFlows(Flow.FromGraph(new CutFlow(1, 65_536, 8)), Flow.FromGraph(new CutFlow(2, 65_536, 8)));
        clientEnd = clientEnd.JoinMaterialized(wire, Keep.Left);

        (Client, Wire, Server) = clientEnd
            .JoinMaterialized(KillSwitches.SingleBidi<SliceQueue, SliceQueue>(), (handle, killSwitch) => (handle, killSwitch))
            .JoinMaterialized(serverEnd, (left, right) => (left.handle, left.killSwitch, right))
            .Run(Materializer);
        ClientActor.ExpectMsg<SessionProtocol.PeerReady>();
        ServerActor.ExpectMsg<SessionProtocol.PeerReady>();
    }

    /// <summary>Opens a stream and returns both ports; it is not answered yet, and has no relays.</summary>
    protected (TunnelPort Client, TunnelPort Server) OpenPorts()
    {
        var token = ++_tokens;
        Client.Open(token, Request);
        var opened = ClientActor.ExpectMsg<SessionProtocol.TunnelOpened>();
        Assert.Equal(token, opened.Token);
        var requested = ServerActor.ExpectMsg<SessionProtocol.TunnelRequested>();
        Assert.Equal(opened.Port.StreamId, requested.Port.StreamId);
        Assert.Equal(Request, requested.Fields);
        return (opened.Port, requested.Port);
    }

    /// <summary>Opens a tunnel from an application to an origin.</summary>
    protected (Tunnel Application, Tunnel Origin) OpenTunnel()
    {
        var (clientPort, serverPort) = OpenPorts();
        Server.Respond(serverPort, Accepted, endStream: false);
        var application = Relay(clientPort);
        application.Owner.ExpectMsg<TunnelPortProtocol.ResponseReceived>(r => Assert.Equal(Accepted, r.Fields));
        return (application, Relay(serverPort));
    }

    /// <summary>Gives a port an owner and a relay whose socket is a hand.</summary>
    protected Tunnel Relay(TunnelPort port)
    {
        var owner = CreateTestProbe();
        port.SetOwner(owner);
        var result = new TaskCompletionSource<RelayResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var relay = new RelayParts(port.Send, port.Receive, default, Time, result.SetResult);
        var socket = Flow.FromGraph(new RelayStage(relay)).JoinMaterialized(new HandStage(Pool), Keep.Right).Run(Materializer);
        return new Tunnel(port, owner, socket, relay.Control, result.Task);
    }

    /// <summary>Runs one session with a hand as its transport.</summary>
    protected (SessionHandle Handle, Hand Transport) StartAlone(SessionStage stage) =>
        Flow.FromGraph(stage)
            .JoinMaterialized(new HandStage(Pool), (handle, hand) => (handle, hand))
            .Run(Materializer);

    /// <summary>The end of a session, which is the last that its actor is told.</summary>
    protected static SessionProtocol.SessionEnded ExpectEnded(TestProbe actor)
    {
        var ended = (SessionProtocol.SessionEnded)actor.FishForMessage(m => m is SessionProtocol.SessionEnded, Patience);
        Assert.False(actor.HasMessages);
        return ended;
    }

    protected static byte[] GoAway(int lastStreamId, ErrorCode code) =>
    [
        0, 0, 8, 7, 0, 0, 0, 0, 0,
        (byte)(lastStreamId >> 24), (byte)(lastStreamId >> 16), (byte)(lastStreamId >> 8), (byte)lastStreamId,
        0, 0, 0, (byte)code,
    ];

    protected sealed record Tunnel(TunnelPort Port, TestProbe Owner, Hand Socket, RelayControl Control, Task<RelayResult> Relayed)
    {
        /// <summary>How its relay ended.</summary>
        public RelayResult Result()
        {
            Assert.True(Relayed.Wait(Patience), "the relay goes on");
            return Relayed.Result;
        }
    }
}
