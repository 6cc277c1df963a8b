using ActorTunnel.Http2.Streams;
using ActorTunnel.Transport.Pipes;
using ActorTunnel.Transport.Relay;

namespace ActorTunnel.Transport.Sessions;

/// <summary>The port of a tunnel that is an HTTP/2 stream. What it may receive is bounded by the stream's window, not by its pipe.</summary>
internal sealed class Http2TunnelPort : TunnelPort, IWakeable, IRepayable
{
    private readonly ReadyTunnels _ready;
    private readonly SessionHandle _session;
    private int _scheduled;

    public Http2TunnelPort(Http2Stream stream, ReadyTunnels ready, SessionHandle session)
        : base(stream.Id, int.MaxValue)
    {
        Stream = stream;
        _ready = ready;
        _session = session;
        Send.AttachConsumer(this);
        Receive.AttachProducer(this, this);
    }

    public Http2Stream Stream { get; }

    /// <summary>The session has a whole answer with a body, which still goes out when nobody reads the stream any more.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>The next port in the list of those with work.</summary>
    public Http2TunnelPort? NextReady { get; set; }

    /// <summary>In the session's own actor: what goes from one to the other then needs no other thread.</summary>
    public override void Start(RelayGraph relay) => _session.Start(relay);

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

    /// <summary>From here on a further signal puts it on the list again.</summary>
    public void BeginService() => Interlocked.Exchange(ref _scheduled, 0);

    private void Schedule()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            _ready.Add(this);
        }
    }
}
