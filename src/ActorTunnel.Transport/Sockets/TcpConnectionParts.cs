using System.Net.Sockets;
using ActorTunnel.Http2.Buffers;
using Akka.Streams;

namespace ActorTunnel.Transport.Sockets;

/// <summary>What a <see cref="TcpConnectionStage"/> needs of its connection.</summary>
/// <param name="Socket">Connected; the stage disposes it.</param>
/// <param name="Pool">Where blocks for reading come from.</param>
/// <param name="Options">Of the socket.</param>
/// <param name="Time">Clock of the wait for delivery.</param>
/// <param name="Early">Read from the socket already, <see cref="TcpConnectionStage.Headroom"/> bytes or more into its block, perhaps empty; owned by the stage.</param>
/// <param name="AreApplied">Whether the socket has the options already; else the stage applies them when it starts.</param>
public sealed record TcpConnectionParts(Socket Socket, BufferPool Pool, TcpConnectionOptions Options, TimeProvider Time, Slice Early = default, bool AreApplied = false)
    : Attributes.IAttribute
{
    /// <inheritdoc/>
    public bool Equals(Attributes.IAttribute? other) => ReferenceEquals(this, other);
}
