using System.Net.Sockets;
using ActorTunnel.Transport.Loops;
using Akka.Streams;
using Akka.Streams.Stage;

namespace ActorTunnel.Transport.Sockets;

/// <summary>
/// A source of accepted connections, one for each demand; what is not demanded waits in the kernel. It owns the listening socket. Where the
/// process is out of descriptors or memory, accepting pauses for <see cref="Pause"/> instead of spinning.
/// </summary>
public sealed class TcpListenerStage : GraphStage<SourceShape<TcpConnection>>
{
    /// <summary>How long accepting rests after the system refused it.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly TcpListenSocket _listener;
    private readonly TcpConnectionOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<SocketError> _paused;
    private readonly EventLoops? _loops;

    /// <param name="listener">Owned by the stage from now on.</param>
    /// <param name="options">For each accepted connection.</param>
    /// <param name="time">The clock of the pauses.</param>
    /// <param name="paused">Told each time the system refuses to accept; must not block.</param>
    /// <param name="loops">As for each <see cref="TcpConnection"/>.</param>
    public TcpListenerStage(
        TcpListenSocket listener, TcpConnectionOptions options, TimeProvider time, Action<SocketError> paused, EventLoops? loops = null)
    {
        _loops = loops;
        _listener = listener;
        _options = options;
        _time = time;
        _paused = paused;
    }

    /// <summary>Accepted connections; the receiver owns them.</summary>
    public Outlet<TcpConnection> Out { get; } = new("TcpListener.out");

    /// <inheritdoc />
    public override SourceShape<TcpConnection> Shape => new(Out);

    /// <inheritdoc />
    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this);

    /// <remarks>
    /// <code>
    ///   Idle ──demand──▶ Accepting ──connection──▶ push, Idle
    ///                        └──refused by the system──▶ Paused ──timer──▶ Accepting
    /// </code>
    /// </remarks>
    private sealed class Logic : OutGraphStageLogic
    {
        private readonly TcpListenerStage _stage;
        private readonly StageWakeUp _wakeUp;
        private Acceptor? _acceptor;
        private ITimer? _pause;
        private bool _accepting;
        private bool _pausing;

        public Logic(TcpListenerStage stage)
            : base(stage.Shape)
        {
            _stage = stage;
            _wakeUp = new StageWakeUp(this, GetAsyncCallback(OnWake));
            SetHandler(stage.Out, this);
        }

        public override void PreStart() => _acceptor = Acceptor.For(_stage._listener.Socket, _wakeUp);

        public override void OnPull() => Accept();

        public override void PostStop()
        {
            _pause?.Dispose();
            _stage._listener.Dispose();
            _acceptor?.Dispose();
        }

        private void OnWake()
        {
            _wakeUp.Begin();
            if (_pausing && _pause is null)
            {
                _pausing = false;
                Accept();
            }
            else if (_accepting && !_acceptor!.IsWaiting)
            {
                Take();
            }
        }

        private void Accept()
        {
            _accepting = true;
            if (_acceptor!.Accept())
            {
                Take();
            }
        }

        private void Take()
        {
            _accepting = false;
            if (_acceptor!.Result == SocketError.Success)
            {
                Push(_stage.Out, new TcpConnection(_acceptor.Take(), _stage._options, _stage._loops, areApplied: _stage._listener.Options is not null));
            }
            else if (_acceptor.Result is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            {
                Accept(); // The client gave up while it waited.
            }
            else
            {
                Rest();
            }
        }

        private void Rest()
        {
            _stage._paused(_acceptor!.Result);
            _pausing = true;
            _pause = _stage._time.CreateTimer(
                static state =>
                {
                    var logic = (Logic)state!;
                    Interlocked.Exchange(ref logic._pause, null)?.Dispose();
                    logic._wakeUp.Wake();
                },
                this,
                Pause,
                Timeout.InfiniteTimeSpan);
        }
    }
}
