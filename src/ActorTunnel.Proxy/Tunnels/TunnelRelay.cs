using ActorTunnel.Http2.Buffers;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Transport.Pipes;
using ActorTunnel.Transport.Relay;
using ActorTunnel.Transport.Sessions;
using ActorTunnel.Transport.Sockets;
using Akka.Actor;

namespace ActorTunnel.Proxy.Tunnels;

/// <summary>The relay of a tunnel, started and explained the same way in both roles.</summary>
internal static class TunnelRelay
{
    /// <summary>Told to the tunnel's actor when both directions have ended.</summary>
    public sealed record RelayEnded(RelayResult Result);

    /// <summary>Joins the connection with the tunnel's pipes: connection ↔ relay ↔ pipes. The graph owns the connection from now on.</summary>
    /// <param name="tunnel">The tunnel's actor, which calls this.</param>
    /// <param name="preamble">Sent to the connection in front of the tunnel's bytes; at most a block.</param>
    /// <param name="ahead">The answer is still awaited: <see cref="RelayControl.Deliver"/> tells the relay that it came.</param>
    public static RelayControl Start(
        TcpConnection connection,
        TunnelPort port,
        TunnelSettings settings,
        NodeContext node,
        IActorContext tunnel,
        ReadOnlyMemory<byte> preamble = default,
        bool ahead = false)
    {
        port.EndDeliveryTimeout = settings.EndDeliveryTimeout;
        var actor = tunnel.Self;
        var relay = new RelayParts(
            port.Send,
            port.Receive,
            new RelayTimeouts(settings.IdleTimeout, settings.HalfClosedIdleTimeout),
            node.Time,
            result => actor.Tell(new RelayEnded(result)),
            Slice.Copy(node.Environment.Pool, preamble.Span),
            ahead);
        port.Start(new RelayGraph(connection, node.Environment.Pool, relay, node.Materializer, tunnel.Props.Dispatcher));
        return relay.Control;
    }

    /// <summary>The socket options of an application's or origin's connection.</summary>
    public static TcpConnectionOptions OptionsOf(TunnelSettings settings) => new()
    {
        ResetUnlessClean = true,
        EndDeliveryTimeout = settings.EndDeliveryTimeout,
        KeepAliveTime = settings.KeepAliveTime,
        KeepAliveInterval = settings.KeepAliveInterval,
        KeepAliveProbes = settings.KeepAliveProbes,
    };

    /// <summary>Who ended a direction, and how, in words of the access log.</summary>
    /// <param name="end">The direction's end.</param>
    /// <param name="sender">The side whose bytes went in this direction; a clean end is its doing.</param>
    /// <param name="socket">The side of the TCP connection: downstream for an encapsulator, upstream for a terminator.</param>
    /// <param name="halfClosed">Which idle timeout it was.</param>
    public static TunnelEnd Explain(PipeEnd end, GuiltySide sender, GuiltySide socket, bool halfClosed) => end switch
    {
        PipeEnd.Clean => TunnelEnd.Clean(sender),
        PipeEnd.ConnectionReset => TunnelEnd.ResetBy(socket),
        PipeEnd.StreamReset => TunnelEnd.ResetBy(socket == GuiltySide.Downstream ? GuiltySide.Upstream : GuiltySide.Downstream),
        PipeEnd.SessionLost => TunnelEnd.ResetBy(GuiltySide.Session, TunnelEndReason.SessionLost),
        PipeEnd.IdleTimeout when halfClosed => TunnelEnd.ResetBy(GuiltySide.Us, TunnelEndReason.HalfClosedIdleTimeout),
        PipeEnd.IdleTimeout => TunnelEnd.ResetBy(GuiltySide.Us, TunnelEndReason.IdleTimeout),
        PipeEnd.Drained => TunnelEnd.ResetBy(GuiltySide.Us, TunnelEndReason.Drain),
        PipeEnd.Aborted => TunnelEnd.ResetBy(GuiltySide.Us, TunnelEndReason.InternalError),
        _ => throw new ArgumentOutOfRangeException(nameof(end), end, "A relay that has ended has two ends."),
    };
}
