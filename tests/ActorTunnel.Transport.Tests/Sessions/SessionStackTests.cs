using System.Net.Sockets;
using ActorTunnel.Http2.Frames;
using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.TestSupport.Certificates;
using ActorTunnel.TestSupport.Network;
using ActorTunnel.Transport.Sessions;
using ActorTunnel.Transport.Sockets;
using ActorTunnel.Transport.Tls;
using Akka.Streams;
using Xunit;

namespace ActorTunnel.Transport.Tests.Sessions;

/// <summary>The whole stack, as the proxy composes it, over the loopback interface.</summary>
public sealed class SessionStackTests : SessionTest
{
    private const int MiB = 1024 * 1024;

    private SessionHandle _client = null!;
    private SessionHandle _server = null!;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Tunnels_are_exact_and_everything_stops_after_a_close_in_order(bool tls)
    {
        StartOverSockets(tls);
        var tunnels = Enumerable.Range(0, 4).Select(_ => Open()).ToArray();
        for (var i = 0; i < tunnels.Length; i++)
        {
            tunnels[i].Application.Socket.TakeAll();
            tunnels[i].Origin.Socket.TakeAll();
            tunnels[i].Application.Socket.Give(Payload.Bytes(i, 2 * MiB));
            tunnels[i].Application.Socket.Complete();
            tunnels[i].Origin.Socket.Give(Payload.Bytes(i + 100, MiB));
            tunnels[i].Origin.Socket.Complete();
        }

        for (var i = 0; i < tunnels.Length; i++)
        {
            Assert.Equal(Payload.Bytes(i, 2 * MiB), tunnels[i].Origin.Socket.ExpectEnd());
            Assert.Equal(Payload.Bytes(i + 100, MiB), tunnels[i].Application.Socket.ExpectEnd());
        }

        PoolIsFull();
        _client.Close();
        Assert.Equal(SessionEndReason.Orderly, ExpectEnded(ClientActor).Reason);
        Assert.Equal(SessionEndReason.Orderly, ExpectEnded(ServerActor).Reason);
        StagesStop();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_session_whose_peer_vanishes_loses_its_tunnels(bool tls)
    {
        StartOverSockets(tls);
        var (application, origin) = Open();
        _server.Abort(ErrorCode.InternalError, "test");
        application.Socket.ExpectFailure<TransportException>();
        origin.Socket.ExpectFailure<TransportException>();
        ExpectEnded(ServerActor);
        ExpectEnded(ClientActor);
        StagesStop();
    }

    [Fact]
    public void A_client_whose_certificate_is_refused_never_becomes_ready()
    {
        StartOverSockets(
            TlsStage.Client(TestCertificates.ClientOptions(), Pool, static _ => { }),
            TlsStage.Server(TestCertificates.ServerOptions(askForClient: true), Pool, static _ => { }));
        var server = ExpectEnded(ServerActor);
        Assert.Equal(SessionEndReason.TlsRefused, server.Reason);
        var client = ExpectEnded(ClientActor);
        Assert.False(client.WasReady);
        StagesStop();
    }

    private void StartOverSockets(bool tls)
    {
        StartOverSockets(
            tls ? TlsStage.Client(TestCertificates.ClientOptions(), Pool, static _ => { }) : null,
            tls ? TlsStage.Server(TestCertificates.ServerOptions(), Pool, static _ => { }) : null);
        ClientActor.ExpectMsg<SessionProtocol.PeerReady>();
        ServerActor.ExpectMsg<SessionProtocol.PeerReady>();
    }

    private void StartOverSockets(TlsStage? client, TlsStage? server)
    {
        var (first, second) = SocketPair.CreateSockets();
        _client = SessionStack.Compose(ClientStage(), client, Connection(first)).Run(Materializer);
        _server = SessionStack.Compose(ServerStage(), server, Connection(second)).Run(Materializer);
    }

    private TcpConnectionStage Connection(Socket socket) =>
        new(new TcpConnectionParts(socket, Pool, new TcpConnectionOptions { ResetUnlessClean = false }, TimeProvider.System));

    private (Tunnel Application, Tunnel Origin) Open()
    {
        _client.Open("token", Request);
        var clientPort = ClientActor.ExpectMsg<SessionProtocol.TunnelOpened>().Port;
        var serverPort = ServerActor.ExpectMsg<SessionProtocol.TunnelRequested>().Port;
        _server.Respond(serverPort, Accepted, endStream: false);
        return (Relay(clientPort), Relay(serverPort));
    }
}
