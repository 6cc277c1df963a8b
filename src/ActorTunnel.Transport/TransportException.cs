using System.Net.Sockets;

namespace ActorTunnel.Transport;

/// <summary>Why a byte stream ended other than cleanly.</summary>
public enum TransportFault
{
    /// <summary>The peer reset the connection.</summary>
    Reset,

    /// <summary>The peer reset the connection behind its own clean end, which is still to be read.</summary>
    ResetAfterEnd,

    /// <summary>The connection broke: keepalive, an unreachable network, an error of the system.</summary>
    Broken,

    /// <summary>We ended it.</summary>
    Aborted,

    /// <summary>We ended it behind a clean end of what we sent, which is to be delivered first.</summary>
    AbortedAfterEnd,

    /// <summary>The TLS handshake or a record was refused.</summary>
    Tls,

    /// <summary>The connection ended or misbehaved where HTTP/2 does not allow it.</summary>
    Session,
}

/// <summary>
/// Carries a <see cref="TransportFault"/> through Akka.Streams, where a stream can fail only with an exception. It is a value in all but name: never thrown.
/// </summary>
public sealed class TransportException : Exception
{
    public TransportException(TransportFault fault, string message, Exception? inner = null)
        : base(message, inner)
    {
        Fault = fault;
    }

    /// <summary>The kind of end.</summary>
    public TransportFault Fault { get; }

    internal static TransportException FromSocket(SocketError error) => error switch
    {
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown =>
            new TransportException(TransportFault.Reset, $"the peer reset the connection ({error})"),
        _ => new TransportException(TransportFault.Broken, $"the connection broke ({error})"),
    };

    internal static TransportException ResetAfterEnd { get; } =
        new(TransportFault.ResetAfterEnd, "the peer reset the connection behind its end");

    internal static TransportException Aborted(string why) => new(TransportFault.Aborted, why);
}
