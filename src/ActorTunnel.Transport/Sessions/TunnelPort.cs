using ActorTunnel.Http2.Streams;
using ActorTunnel.Transport.Pipes;
using Akka.Actor;

namespace ActorTunnel.Transport.Sessions;

/// <summary>
/// Where a tunnel meets its session: the stream, the pipe for each direction, and the actor that is told what happens to it. The session's
/// stage is the consumer of <see cref="Send"/> and the producer of <see cref="Receive"/>; a relay is the other end of both.
/// </summary>
public sealed class TunnelPort : IWakeable, IRepayable
{
    /// <summary>One block waits a tunnel, so the relay reads again as soon as the session took it.</summary>
    private const int SendCapacity = 1;

    private readonly Lock _gate = new();
    private readonly ReadyTunnels _ready;
    private IActorRef? _owner;
    private List<object>? _undelivered;
    private int _scheduled;

    internal TunnelPort(Http2Stream stream, ReadyTunnels ready)
    {
        Stream = stream;
        _ready = ready;
        Send = new TunnelPipe(SendCapacity, open: false);
        Receive = new TunnelPipe(int.MaxValue, open: true);
        Send.AttachConsumer(this);
        Receive.AttachProducer(this, this);
    }

    /// <summary>The stream id, odd.</summary>
    public int StreamId => Stream.Id;

    /// <summary>Relay → session: END_STREAM for a clean end, RST_STREAM for any other.</summary>
    public TunnelPipe Send { get; }

    /// <summary>Session → relay. What comes before there is a relay waits here, at most a stream window.</summary>
    public TunnelPipe Receive { get; }

    internal Http2Stream Stream { get; }

    /// <summary>The session has a whole answer with a body, which still goes out when nobody reads the stream any more.</summary>
    internal bool IsAnswered { get; set; }

    /// <summary>The next port in the list of those with work.</summary>
    internal TunnelPort? NextReady { get; set; }

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

    /// <inheritdoc />
    public void Wake()
    {
        Schedule();
        _ready.WakeStage();
    }

    /// <inheritdoc />
    public void Repaid(int bytes)
    {
        Schedule();
        _ready.Repaid(bytes);
    }

    private void Schedule()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            _ready.Add(this);
        }
    }

    /// <summary>From here on a further signal puts it on the list again.</summary>
    internal void BeginService() => Interlocked.Exchange(ref _scheduled, 0);

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
