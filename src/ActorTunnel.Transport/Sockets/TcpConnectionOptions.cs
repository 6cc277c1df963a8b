using System.Net.Sockets;

namespace ActorTunnel.Transport.Sockets;

/// <summary>How a connection's socket is set up.</summary>
public sealed record TcpConnectionOptions
{
    /// <summary>
    /// An application's connection closes with a reset from its first moment on, until both directions ended cleanly: so a killed process
    /// resets it, where the kernel would otherwise send a FIN. A session's connection closes with a FIN.
    /// </summary>
    public required bool ResetUnlessClean { get; init; }

    /// <summary>How long an abort waits for the delivery of a FIN that went out before it.</summary>
    public TimeSpan EndDeliveryTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>TCP keepalive: idle time before the first probe; zero leaves it off.</summary>
    public TimeSpan KeepAliveTime { get; init; }

    /// <summary>TCP keepalive: time between probes.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(180);

    /// <summary>TCP keepalive: unanswered probes before the connection is reset.</summary>
    public int KeepAliveProbes { get; init; } = 9;

    /// <summary>
    /// Applies the options. Returns the error of a peer that was gone already, <see cref="SocketError.OperationAborted"/> where we ended it.
    /// </summary>
    public SocketError ApplyTo(Socket socket)
    {
        try
        {
            socket.Blocking = false;
            socket.NoDelay = true;
            socket.LingerState = new LingerOption(ResetUnlessClean, 0);
            if (KeepAliveTime > TimeSpan.Zero)
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)KeepAliveTime.TotalSeconds);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, (int)KeepAliveInterval.TotalSeconds);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
            }

            return SocketError.Success;
        }
        catch (SocketException e)
        {
            // A connection that was reset before we got to it refuses options; its stage reports the end.
            return e.SocketErrorCode;
        }
        catch (ObjectDisposedException)
        {
            // Reset by its owner in the moment in which it was handed on.
            return SocketError.OperationAborted;
        }
    }
}
