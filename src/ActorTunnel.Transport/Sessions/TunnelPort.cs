using ActorTunnel.Transport.Pipes;
using ActorTunnel.Transport.Relay;
using Akka.Actor;

namespace ActorTunnel.Transport.Sessions;

/// <summary>
/// Where a tunnel meets its session: the pipe for each direction, and the actor that is told what happens to the tunnel. The session's
/// stage is the consumer of <see cref="Send"/> and the producer of <see cref="Receive"/>; a relay is the other end of both.
/// </summary>
public abstract class TunnelPort
{
    /// <summary>One block waits a tunnel, so the relay reads again as soon as the session took it.</summary>
    private const int SendCapacity = 1;

    private readonly Lock _gate = new();
    private IActorRef? _owner;
    private List<object>? _undelivered;

    /// <param name="streamId">The tunnel's number in its session.</param>
    /// <param name="receiveCapacity">Bytes from which on the receive pipe wants no more.</param>
    private protected TunnelPort(int streamId, int receiveCapacity)
    {
        StreamId = streamId;
        Send = new TunnelPipe(SendCapacity, open: false);
        Receive = new TunnelPipe(receiveCapacity, open: true);
    }

    /// <summary>The HTTP/2 stream id, odd; 1 on an HTTP/1.1 connection, which carries one tunnel.</summary>
    public int StreamId { get; }

    /// <summary>Relay → session: a clean end is passed on behind the bytes, any other resets the stream or the connection.</summary>
    public TunnelPipe Send { get; }

    /// <summary>Session → relay. What comes before there is a relay waits here, at most a stream window or a block.</summary>
    public TunnelPipe Receive { get; }

    /// <summary>
    /// How long a clean end of ours may take to go out when the other direction is broken already, before the reset takes it along. Set before there is a relay.
    /// </summary>
    public TimeSpan EndDeliveryTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Says who is told from now on; what happened before is told at once, in order.</summary>
    public void SetOwner(IActorRef owner)
    {
        lock (_gate)
        {
            _owner = owner;
            foreach (var message in _undelivered ?? [])
            {
                owner.Tell(message);
            }

            _undelivered = null;
        }
    }

    /// <summary>Runs the relay between this port and the tunnel's socket, whatever became of the session meanwhile. Any thread may call this, once.</summary>
    public virtual void Start(RelayGraph relay) => relay.Run();

    internal void Tell(object message)
    {
        lock (_gate)
        {
            if (_owner is null)
            {
                (_undelivered ??= []).Add(message);
            }
            else
            {
                _owner.Tell(message);
            }
        }
    }
}
