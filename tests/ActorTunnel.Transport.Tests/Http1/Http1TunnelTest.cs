using System.Text;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.TestSupport.Streams;
using ActorTunnel.TestSupport.Time;
using ActorTunnel.Transport.Http1;
using ActorTunnel.Transport.Relay;
using ActorTunnel.Transport.Sessions;
using Akka.Streams.Dsl;
using Akka.TestKit;
using Xunit;

namespace ActorTunnel.Transport.Tests.Http1;

/// <summary>An HTTP/1.1 connection whose client is a hand, a probe for its actor, and a relay whose socket is a hand.</summary>
public abstract class Http1TunnelTest : StageTest
{
    protected const string Request = "CONNECT origin.example:443 HTTP/1.1\r\nHost: origin.example:443\r\n\r\n";
    protected const string Established = "HTTP/1.1 200 OK\r\n\r\n";

    protected static readonly HeaderField[] Accepted = [new(":status", "200")];
    protected static readonly HeaderField[] NotFound = [new(":status", "404"), new("proxy-status", "test; error=destination_not_found")];

    protected Http1TunnelTest()
    {
        Actor = CreateTestProbe();
    }

    protected static readonly TimeSpan LastBytesTimeout = TimeSpan.FromMinutes(10);

    protected HandTime Time { get; } = new();

    protected TestProbe Actor { get; }

    protected SessionHandle Handle { get; private set; } = null!;

    protected Hand Client { get; private set; } = null!;

    protected void Start() => (Handle, Client) = Flow.FromGraph(new Http1TunnelStage(LastBytesTimeout, Pool, Actor, Time))
        .JoinMaterialized(new HandStage(Pool), (handle, hand) => (handle, hand))
        .Run(Materializer);

    /// <summary>The port that the actor is told of.</summary>
    protected TunnelPort ExpectRequest()
    {
        Assert.Equal(1u, Actor.ExpectMsg<SessionProtocol.PeerReady>().PeerMaxConcurrentStreams);
        var requested = Actor.ExpectMsg<SessionProtocol.TunnelRequested>();
        Assert.Equal([new(":method", "CONNECT"), new(":authority", "origin.example:443")], requested.Fields);
        Assert.False(requested.HeaderListTooLarge);
        Assert.Equal(1, requested.Port.StreamId);
        return requested.Port;
    }

    /// <summary>A tunnel whose 200 the client has taken, and which takes whatever comes.</summary>
    protected Tunnel StartTunnel()
    {
        Start();
        Client.TakeAll();
        Client.Give(Ascii(Request));
        var tunnel = Accept(ExpectRequest());
        Assert.Equal(Established, Encoding.ASCII.GetString(Client.ExpectBytes(Established.Length)));
        return tunnel;
    }

    protected Tunnel Accept(TunnelPort port)
    {
        Handle.Respond(port, Accepted, endStream: false);
        return Relay(port);
    }

    /// <summary>Gives a port an owner and a relay whose socket is a hand.</summary>
    protected Tunnel Relay(TunnelPort port)
    {
        var owner = CreateTestProbe();
        port.SetOwner(owner);
        var result = new TaskCompletionSource<RelayResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var relay = new RelayParts(port.Send, port.Receive, default, Time, result.SetResult);
        var socket = Flow.FromGraph(new RelayStage(relay)).JoinMaterialized(new HandStage(Pool), Keep.Right).Run(Materializer);
        return new Tunnel(owner, socket, relay.Control, result.Task);
    }

    /// <summary>The last message to the actor.</summary>
    protected SessionProtocol.SessionEnded ExpectEnded()
    {
        var ended = Actor.ExpectMsg<SessionProtocol.SessionEnded>();
        Assert.False(Actor.HasMessages);
        return ended;
    }

    protected static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    protected sealed record Tunnel(TestProbe Owner, Hand Origin, RelayControl Control, Task<RelayResult> Relayed)
    {
        /// <summary>How its relay ended.</summary>
        public RelayResult Result()
        {
            Assert.True(Relayed.Wait(Patience), "the relay goes on");
            return Relayed.Result;
        }
    }
}
