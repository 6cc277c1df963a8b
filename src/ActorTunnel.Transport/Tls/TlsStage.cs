using System.Net.Security;
using System.Security.Authentication;
using ActorTunnel.Http2.Buffers;
using Akka.Streams;
using Akka.Streams.Stage;

namespace ActorTunnel.Transport.Tls;

/// <summary>
/// TLS as a bidirectional stage between a session (plaintext, upper side) and a socket (ciphertext, lower side). The work of
/// <see cref="SslStream"/> runs inside the stage, over a stream in memory, so it costs no wake-up of its own. The ALPN protocol is
/// asserted after the handshake (RFC 9113 §3.2). Plaintext is pulled only after the handshake. HTTP/2 has ends of its own; where the end of the
/// connection is the end of the data, only close_notify is a clean one (RFC 8446 §6.1).
/// </summary>
public sealed class TlsStage : GraphStage<BidiShape<SliceQueue, SliceQueue, SliceQueue, SliceQueue>>
{
    private readonly SslServerAuthenticationOptions? _server;
    private readonly SslClientAuthenticationOptions? _client;
    private readonly BufferPool _pool;
    private readonly Action<TlsInfo> _established;
    private readonly SslApplicationProtocol _protocol;

    private TlsStage(
        SslServerAuthenticationOptions? server,
        SslClientAuthenticationOptions? client,
        BufferPool pool,
        Action<TlsInfo> established,
        SslApplicationProtocol protocol)
    {
        _protocol = protocol;
        _server = server;
        _client = client;
        _pool = pool;
        _established = established;
    }

    /// <summary>Plaintext to send.</summary>
    public Inlet<SliceQueue> PlainIn { get; } = new("Tls.plainIn");

    /// <summary>Ciphertext to write.</summary>
    public Outlet<SliceQueue> CipherOut { get; } = new("Tls.cipherOut");

    /// <summary>Ciphertext read.</summary>
    public Inlet<SliceQueue> CipherIn { get; } = new("Tls.cipherIn");

    /// <summary>Plaintext received.</summary>
    public Outlet<SliceQueue> PlainOut { get; } = new("Tls.plainOut");

    /// <inheritdoc />
    public override BidiShape<SliceQueue, SliceQueue, SliceQueue, SliceQueue> Shape => new(PlainIn, CipherOut, CipherIn, PlainOut);

    private bool NeedsCloseNotify => _protocol == SslApplicationProtocol.Http11;

    /// <summary>HTTP/1.1 is older than ALPN, so who says nothing means it; HTTP/2 has to be asked for (RFC 9113 §3.2).</summary>
    private bool IsAgreedOn(SslApplicationProtocol negotiated) =>
        negotiated == _protocol || (_protocol == SslApplicationProtocol.Http11 && negotiated == default);

    /// <summary>The accepting side of HTTP/2.</summary>
    /// <param name="options">Certificate, ALPN and checks; not changed.</param>
    /// <param name="pool">Blocks for plaintext and records.</param>
    /// <param name="established">Called once in the stage when the handshake has succeeded; must not block.</param>
    public static TlsStage Server(SslServerAuthenticationOptions options, BufferPool pool, Action<TlsInfo> established) =>
        new(options, null, pool, established, SslApplicationProtocol.Http2);

    /// <summary>The accepting side of HTTP/1.1. A connection that ends without close_notify fails the plaintext behind the bytes that came.</summary>
    /// <inheritdoc cref="Server"/>
    public static TlsStage Http11Server(SslServerAuthenticationOptions options, BufferPool pool, Action<TlsInfo> established) =>
        new(options, null, pool, established, SslApplicationProtocol.Http11);

    /// <summary>The dialling side of HTTP/2.</summary>
    /// <inheritdoc cref="Server"/>
    public static TlsStage Client(SslClientAuthenticationOptions options, BufferPool pool, Action<TlsInfo> established) =>
        new(null, options, pool, established, SslApplicationProtocol.Http2);

    /// <inheritdoc />
    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this);

    /// <remarks>
    /// <code>
    ///   Handshaking ──done──▶ Open ──plaintext inlet done──▶ close_notify sent, cipher outlet complete
    ///        │                  ├──close_notify or cipher inlet done──▶ plaintext outlet complete after the last record, or, where
    ///        │                  │                                       close_notify is needed and did not come, stage fails (Broken)
    ///        │                  └──both──▶ stage complete: the connection is closed
    ///        └──refused──▶ stage fails (Tls)            any other failure passes through
    ///   read:  Probing (a read of 0 bytes: no block is held) ──ready──▶ Filling (into one block) ──nothing more or full──▶ push
    /// </code>
    /// </remarks>
    private sealed class Logic : GraphStageLogic
    {
        /// <summary>Largest payload of a record (RFC 8446 §5.1): a block is filled up only while a whole one still fits.</summary>
        private const int MaxRecord = 16 * 1024;

        private const int Headroom = Sockets.TcpConnectionStage.Headroom;

        private readonly TlsStage _stage;
        private readonly TlsRecordStream _network;
        private readonly SslStream _ssl;
        private readonly StageWakeUp _wakeUp;
        private readonly PendingRead _read;
        private readonly SliceQueue _plainReceived = new(1);
        private readonly SliceQueue _plainToSend = new();
        private readonly SliceQueue _cipherToSend = new();
        private Task? _handshake;
        private Task? _shutdown;
        private bool _dataReady;
        private bool _plainReceiveEnded;
        private Block? _block;
        private int _filled;
        private bool _established;
        private bool _plainEnded;
        private bool _advancing;
        private TransportException? _failure;
        private int _stageThread;

        public Logic(TlsStage stage)
            : base(stage.Shape)
        {
            _stage = stage;
            _network = new TlsRecordStream(stage._pool);
            _ssl = new SslStream(_network, leaveInnerStreamOpen: false);
            _wakeUp = new StageWakeUp(this, GetAsyncCallback(OnWake));
            _read = new PendingRead(WakeUnlessInside);
            SetHandler(stage.CipherIn, OnCipherPush, OnCipherEnd, FailStage);
            SetHandler(stage.CipherOut, Advance, OnCipherCancelled);
            SetHandler(stage.PlainIn, OnPlainPush, OnPlainEnd, FailStage);
            SetHandler(stage.PlainOut, Advance, OnPlainCancelled);
        }

        public override void PreStart()
        {
            Enter();
            _handshake = _stage._server is { } server
                ? _ssl.AuthenticateAsServerAsync(server)
                : _ssl.AuthenticateAsClientAsync(_stage._client!);
            Leave();
            Pull(_stage.CipherIn);
            Advance();
            if (!_handshake.IsCompleted)
            {
                _handshake.GetAwaiter().UnsafeOnCompleted(WakeUnlessInside);
            }
        }

        public override void PostStop()
        {
            _plainReceived.Dispose();
            _plainToSend.Dispose();
            _cipherToSend.Dispose();
            _block?.Release();
            _block = null;
            _ssl.Dispose();
            _network.Dispose();
            // A handshake that this ended has failed, which nobody needs to hear of any more.
            _handshake?.ContinueWith(
                static handshake => _ = handshake.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }

        private void OnWake()
        {
            _wakeUp.Begin();
            if (_failure is null)
            {
                Advance();
            }
            else
            {
                FailStage(_failure);
            }
        }

        private void OnCipherPush()
        {
            var ciphertext = Grab(_stage.CipherIn);
            Enter();
            _network.Feed(ciphertext);
            Leave();
            Advance();
        }

        private void OnCipherEnd()
        {
            Enter();
            _network.EndInput();
            Leave();
            Advance();
        }

        private void OnPlainPush()
        {
            Grab(_stage.PlainIn).MoveTo(_plainToSend);
            Advance();
        }

        private void OnPlainEnd()
        {
            _plainEnded = true;
            Advance();
        }

        private void OnCipherCancelled(Exception cause)
        {
            if (_established && !_plainReceiveEnded && _stage.NeedsCloseNotify && cause is TransportException { Fault: TransportFault.ResetAfterEnd })
            {
                // The socket has still what the client sent; whether that ends with close_notify will be seen.
                _plainToSend.Clear();
                Cancel(_stage.PlainIn, cause);
                Advance();
            }
            else
            {
                CancelStage(cause);
            }
        }

        private void OnPlainCancelled(Exception cause)
        {
            if (_plainEnded && cause is TransportException { Fault: TransportFault.AbortedAfterEnd })
            {
                // The socket waits for our end, and ends this stage where it cannot be delivered.
                Cancel(_stage.CipherIn, cause);
                Advance();
            }
            else
            {
                CancelStage(cause);
            }
        }

        /// <summary>Does whatever is possible now. Every handler ends here.</summary>
        private void Advance()
        {
            if (_advancing || _failure is not null)
            {
                return; // The outer turn goes on, or the wake-up that fails the stage.
            }

            _advancing = true;
            Enter();
            try
            {
                if (_established || FinishHandshake())
                {
                    Encrypt();
                    Decrypt();
                }
            }
            catch (Exception e) when (e is IOException or AuthenticationException or InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                // SslStream says with these that a record was bad; there is no value to ask instead.
                Refuse(e);
            }
            finally
            {
                Leave();
                _advancing = false;
            }

            PushCiphertext();
        }

        private bool FinishHandshake()
        {
            if (_handshake is not { IsCompleted: true })
            {
                PullCiphertext();
                return false;
            }

            if (!_handshake.IsCompletedSuccessfully)
            {
                Refuse(_handshake.Exception?.InnerException);
                return false;
            }

            if (!_stage.IsAgreedOn(_ssl.NegotiatedApplicationProtocol))
            {
                FailStage(new TransportException(TransportFault.Tls, $"the peer did not agree on ALPN {_stage._protocol}"));
                return false;
            }

            _established = true;
            _stage._established(TlsInfo.Of(_ssl));
            return true;
        }

        private void Encrypt()
        {
            // Plaintext is accepted only when its ciphertext can be pushed at once, so nothing piles up here.
            while (_plainToSend.TryDequeue(out var plaintext))
            {
                try
                {
                    _ssl.Write(plaintext.Span); // Memory never makes it wait.
                }
                finally
                {
                    plaintext.Dispose();
                }
            }

            if (_plainEnded && _shutdown is null)
            {
                _shutdown = _ssl.ShutdownAsync();
            }
        }

        private void Decrypt()
        {
            while (IsAvailable(_stage.PlainOut))
            {
                if (_plainReceiveEnded)
                {
                    Complete(_stage.PlainOut);
                    EndWhenBothEnded();
                    return;
                }

                if (!_read.IsStarted)
                {
                    _read.Start(_ssl, _dataReady ? Block().Array.AsMemory(Headroom + _filled) : Memory<byte>.Empty);
                }

                if (!_read.TryTake(out var count))
                {
                    if (_read.IsProbe)
                    {
                        PushPlaintext(); // Only a probe leaves the block alone.
                    }

                    PullCiphertext();
                    return;
                }

                if (_read.IsProbe)
                {
                    _dataReady = true;
                    continue;
                }

                _dataReady = false;
                _filled += count;
                _plainReceiveEnded = count == 0;
                if (_plainReceiveEnded && _stage.NeedsCloseNotify && _network.EndWasRead)
                {
                    FailBehindOutput(new TransportException(TransportFault.Broken, "the connection ended without close_notify"));
                    return;
                }

                if (_plainReceiveEnded || Block().Size - Headroom - _filled < MaxRecord)
                {
                    PushPlaintext();
                }
            }
        }

        private Block Block() => _block ??= _stage._pool.Rent();

        private void PushPlaintext()
        {
            if (_filled > 0 && IsAvailable(_stage.PlainOut))
            {
                _plainReceived.Enqueue(_block!.AsSlice(Headroom, _filled));
                _block = null;
                _filled = 0;
                Push(_stage.PlainOut, _plainReceived);
            }
        }

        private void PushCiphertext()
        {
            if (!IsAvailable(_stage.CipherOut))
            {
                return; // The socket's demand goes on.
            }

            if (_network.HasOutput)
            {
                _network.TakeOutput(_cipherToSend);
                Push(_stage.CipherOut, _cipherToSend);
            }
            else if (_shutdown is { IsCompleted: true })
            {
                Complete(_stage.CipherOut);
                EndWhenBothEnded();
            }
            else if (_established && !IsClosed(_stage.PlainIn) && !HasBeenPulled(_stage.PlainIn))
            {
                Pull(_stage.PlainIn);
            }
        }

        /// <summary>
        /// After close_notify both ways nothing on the connection counts any more, and its end would not be read: nobody asks for ciphertext.
        /// </summary>
        private void EndWhenBothEnded()
        {
            if (IsClosed(_stage.PlainOut) && IsClosed(_stage.CipherOut))
            {
                CompleteStage();
            }
        }

        private void PullCiphertext()
        {
            if (!IsClosed(_stage.CipherIn) && !HasBeenPulled(_stage.CipherIn))
            {
                Pull(_stage.CipherIn);
            }
        }

        private void Refuse(Exception? cause) => FailBehindOutput(new TransportException(
            TransportFault.Tls, cause?.InnerException?.Message ?? cause?.Message ?? "the TLS handshake was ended", cause));

        /// <summary>
        /// Fails the stage, behind the plaintext that came before and the alert that says why. What is pushed is only lent until its receiver's
        /// turn, and a stage that has failed takes it back: so the failure waits for the stage's own next turn.
        /// </summary>
        private void FailBehindOutput(TransportException failure)
        {
            _failure = failure;
            PushPlaintext();
            PushCiphertext();
            _wakeUp.Wake();
        }

        /// <summary>Work of SslStream nearly always ends inside a turn of this stage, which then goes on itself.</summary>
        private void WakeUnlessInside()
        {
            if (Volatile.Read(ref _stageThread) != Environment.CurrentManagedThreadId)
            {
                _wakeUp.Wake();
            }
        }

        private void Enter() => Volatile.Write(ref _stageThread, Environment.CurrentManagedThreadId);

        private void Leave() => Volatile.Write(ref _stageThread, 0);
    }
}
