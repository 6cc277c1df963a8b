using ActorTunnel.Transport.Sessions;

namespace ActorTunnel.Transport.Http1;

/// <summary>
/// The port of the one tunnel that an HTTP/1.1 connection becomes. There is no window that a client has to keep to, and each read holds a block however few its bytes
/// are: so one waits in the receive pipe while the relay's socket takes the one before, as it is the other way.
/// </summary>
internal sealed class Http1TunnelPort : TunnelPort
{
    private const int ReceiveCapacity = 1;

    /// <param name="stage">Woken when a pipe has work.</param>
    public Http1TunnelPort(IWakeable stage)
        : base(streamId: 1, ReceiveCapacity)
    {
        Send.AttachConsumer(stage);
        Receive.AttachProducer(stage);
    }
}
