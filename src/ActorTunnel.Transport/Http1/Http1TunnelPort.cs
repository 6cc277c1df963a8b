using ActorTunnel.Transport.Sessions;

namespace ActorTunnel.Transport.Http1;

/// <summary>The port of the one tunnel that an HTTP/1.1 connection becomes. TCP has no windows of ours, so its receive pipe is the bound.</summary>
internal sealed class Http1TunnelPort : TunnelPort
{
    /// <param name="receiveWindow">Bytes that may wait for the relay; a single slice may overshoot it.</param>
    /// <param name="stage">Woken when a pipe has work.</param>
    public Http1TunnelPort(int receiveWindow, IWakeable stage)
        : base(streamId: 1, receiveWindow)
    {
        Send.AttachConsumer(stage);
        Receive.AttachProducer(stage);
    }
}
