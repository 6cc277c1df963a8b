using ActorTunnel.Http2.Buffers;
using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace ActorTunnel.Transport.Sessions;

/// <summary>Everything between a session's socket and the pipes of its tunnels.</summary>
public static class SessionStack
{
    /// <summary>
    /// The way of a byte: the session turns the pipes' slices into frames, TLS turns these into records, the socket writes them; what
    /// the socket reads goes the same way back. Demand flows against the bytes.
    /// </summary>
    /// <param name="session">Frames ↔ tunnel pipes, or an HTTP/1.1 connection ↔ its tunnel's pipes.</param>
    /// <param name="tls">Records ↔ plaintext; null: cleartext (for HTTP/2 with prior knowledge, RFC 9113 §3.3).</param>
    /// <param name="socket">The connection, or what stands for it in a test.</param>
    public static IRunnableGraph<SessionHandle> Compose(
        IGraph<FlowShape<SliceQueue, SliceQueue>, SessionHandle> session, Tls.TlsStage? tls, IGraph<FlowShape<SliceQueue, SliceQueue>, NotUsed> socket) =>
        Flow.FromGraph(session)
            .JoinMaterialized(tls is null ? Flow.FromGraph(socket) : BidiFlow.FromGraph(tls).Join(Flow.FromGraph(socket)), Keep.Left);
}
