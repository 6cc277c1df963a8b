using System.Net.Security;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Sessions;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Transport.Sockets;
using Akka.Actor;

namespace ActorTunnel.Proxy.Connections;

/// <summary>A peer's connection to a terminator: its session is its only child, and its end the end of this actor.</summary>
internal sealed class ConnectConnectionActor : ReceiveActor
{
    public ConnectConnectionActor(
        TcpConnection connection, ConnectListenerSettings listener, RouteTable routes, SslServerAuthenticationOptions? tls, NodeContext node)
    {
        var session = Context.ActorOf(ServerSessionActor.Props(connection, listener, routes, tls, node), "session");
        Context.Watch(session);
        Receive<Terminated>(_ => Context.Stop(Self));
        Receive<DrainProtocol.BeginDrain>(session.Forward);
        Receive<DrainProtocol.AbortTunnels>(session.Forward);
        Receive<StatusProtocol.StatusQuery>(_ => Sender.Tell(StatusProtocol.StatusReply.AskOn([session])));
    }

    public static Props Props(
        TcpConnection connection, ConnectListenerSettings listener, RouteTable routes, SslServerAuthenticationOptions? tls, NodeContext node) =>
        Akka.Actor.Props.Create(() => new ConnectConnectionActor(connection, listener, routes, tls, node));

    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;
}
