using System.Net.Sockets;
using ActorTunnel.Http2.Buffers;
using Akka.Streams;
using Akka.Streams.Stage;

namespace ActorTunnel.Transport.Sockets;

/// <summary>
/// A connected socket as a flow: what is pushed in is written, what is read is pushed out, one read for each demand. It owns the socket.
/// <para>
/// FIN in completes the outlet; completion of the inlet sends a FIN once everything was written; the stage ends when both happened. A failure of the inlet, and
/// a cancelled outlet, abort the connection; a cancel because the stage behind the outlet is complete (after TLS's close_notify) stands for the peer's FIN where
/// the connection is one that resets. An end by the network fails the outlet with a <see cref="TransportException"/>.
/// The inlet is pulled when the socket took all that was pushed before. Slices are read <see cref="Headroom"/> bytes into their
/// block. While nothing is there to read, no block is held. What was read before the stage ran is pushed out first.
/// </para>
/// </summary>
public sealed class TcpConnectionStage : GraphStage<FlowShape<SliceQueue, SliceQueue>>
{
    /// <summary>Bytes left free in front of what was read: the length of a frame header (RFC 9113 §4.1).</summary>
    public const int Headroom = 9;

    /// <summary>
    /// Bytes that are read at most: with their frame header and four TLS records around them (22 bytes each, RFC 8446 §5.2) they are one segment of a loopback or of segmentation offload,
    /// 64 KiB with the headers of IP and TCP.
    /// </summary>
    public const int MaxRead = (64 * 1024) - 40 - 12 - 20 - (4 * 22) - Headroom;

    private readonly TcpConnectionParts? _parts;

    /// <summary>The stage of one connection, to be run once.</summary>
    public TcpConnectionStage(TcpConnectionParts parts)
    {
        _parts = parts;
    }

    /// <summary>The stage of any connection: a graph that has it is run with <see cref="TcpConnectionParts"/> among its attributes, and as often as one likes.</summary>
    public TcpConnectionStage()
    {
    }

    /// <summary>Bytes to write.</summary>
    public Inlet<SliceQueue> In { get; } = new("TcpConnection.in");

    /// <summary>Bytes read.</summary>
    public Outlet<SliceQueue> Out { get; } = new("TcpConnection.out");

    /// <inheritdoc />
    public override FlowShape<SliceQueue, SliceQueue> Shape => new(In, Out);

    /// <inheritdoc />
    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, _parts ?? inheritedAttributes.GetAttribute<TcpConnectionParts>()!);

    /// <remarks>
    /// <code>
    ///  receive: early bytes ──▶ push, Ready;  Ready ──recv──▶ push;  would block ──▶ Waiting ──wake──▶ Ready;  0 ──▶ Ended;  error ──▶ stage fails
    ///  send:    Idle ──push──▶ Sending ──all taken──▶ Idle (pull);  inlet done and Idle ──▶ FinSent;  error ──▶ stage fails
    ///           Sending ──reset behind the peer's FIN──▶ Broken (inlet cancelled); receive goes on to its end ──▶ closed
    ///  both Ended and FinSent ──▶ closed cleanly;  abort with a FIN not yet sent or delivered ──▶ Delivering ──▶ closed
    /// </code>
    /// </remarks>
    private sealed class Logic : InAndOutGraphStageLogic
    {
        private static readonly TimeSpan DeliveryPoll = TimeSpan.FromMilliseconds(5);

        private readonly TcpConnectionStage _stage;
        private readonly TcpConnectionParts _parts;
        private readonly Socket _socket;
        private readonly SliceQueue _received = new(1);
        private readonly SliceQueue _sending = new();
        private readonly StageWakeUp _wakeUp;
        private SocketDriver? _driver;
        private Slice _early;
        private bool _waitingReadable;
        private bool _dataLikely = true;
        private bool _receiveEnded;
        private bool _sendBusy;
        private bool _sendBroken;
        private bool _endAwaitsWriter;
        private bool _inletEndedCleanly;
        private bool _finSent;
        private bool _aborted;
        private bool _closed;
        private ITimer? _deliveryTimer;
        private long _deliveryStarted;

        public Logic(TcpConnectionStage stage, TcpConnectionParts parts)
            : base(stage.Shape)
        {
            _stage = stage;
            _parts = parts;
            _socket = parts.Socket;
            _early = parts.Early;
            _wakeUp = new StageWakeUp(this, GetAsyncCallback(OnWake));
            SetHandlers(stage.In, stage.Out, this);
        }

        public override void PreStart()
        {
            _driver = SocketDriver.For(_socket, _wakeUp);
            if (_driver is null || (!_parts.AreApplied && _parts.Options.ApplyTo(_socket) == SocketError.OperationAborted))
            {
                Break(SocketError.OperationAborted);
                return;
            }

            Pull(_stage.In);
        }

        public override void OnPull() => Receive();

        public override void OnPush()
        {
            Grab(_stage.In).MoveTo(_sending);
            Send();
        }

        public override void OnUpstreamFinish()
        {
            _inletEndedCleanly = true;
            if (!_sendBusy)
            {
                SendFin();
            }
        }

        public override void OnUpstreamFailure(Exception e) => Abort(awaitEnd: false);

        public override void OnDownstreamFinish(Exception cause)
        {
            if (_parts.Options.ResetUnlessClean && cause is SubscriptionWithCancelException.StageWasCompleted)
            {
                _receiveEnded = true;
                CloseWhenBothEnded();
            }
            else
            {
                Abort(awaitEnd: cause is TransportException { Fault: TransportFault.AbortedAfterEnd });
            }
        }

        public override void PostStop()
        {
            _deliveryTimer?.Dispose();
            Close();
            _early.Dispose();
            _received.Dispose();
            _sending.Dispose();
            _driver?.Dispose();
        }

        private void OnWake()
        {
            _wakeUp.Begin();
            if (_sendBusy && !_driver!.IsWriting)
            {
                SendCompleted(_driver.WriteResult);
            }

            if (_aborted)
            {
                PollDelivery();
            }
            else if (_waitingReadable && !_driver!.IsWaiting)
            {
                _waitingReadable = false;
                _dataLikely = true;
                if (_driver.WaitResult != SocketError.Success)
                {
                    Break(_driver.WaitResult);
                }
                else if (IsAvailable(_stage.Out))
                {
                    Receive();
                }
            }
        }

        private void Receive()
        {
            if (_waitingReadable || _receiveEnded || _endAwaitsWriter || _closed)
            {
                return; // The wake-up goes on; or it is over, and this demand was on its way before the stage failed.
            }

            if (!_early.IsEmpty)
            {
                _received.Enqueue(_early);
                _early = default;
                Push(_stage.Out, _received);
                return;
            }

            if (!_dataLikely && !WaitReadable())
            {
                return;
            }

            var block = _parts.Pool.Rent();
            var room = MaxRead;
            int count;
            SocketError error;
            try
            {
                count = _socket.Receive(block.Array.AsSpan(Headroom, room), SocketFlags.None, out error);
            }
            catch (ObjectDisposedException)
            {
                // Its owner reset the connection while this stage was starting.
                block.Release();
                Break(SocketError.OperationAborted);
                return;
            }

            if (error == SocketError.Success && count > 0)
            {
                _dataLikely = count == room;
                if (!_dataLikely)
                {
                    _driver!.ReadShort();
                }

                _received.Enqueue(block.AsSlice(Headroom, count));
                Push(_stage.Out, _received);
                return;
            }

            block.Release();
            switch (error)
            {
                case SocketError.WouldBlock or SocketError.IOPending:
                    _dataLikely = false;
                    _driver!.Drained();
                    if (WaitReadable())
                    {
                        Receive();
                    }

                    break;
                case SocketError.Success when !EndIsAReset():
                    EndReceiving();
                    break;
                case SocketError.Success:
                    _endAwaitsWriter = true; // Whether it is a reset behind the peer's FIN is what the write that took its report will say.
                    break;
                default:
                    Break(error);
                    break;
            }
        }

        private void EndReceiving()
        {
            _endAwaitsWriter = false;
            _receiveEnded = true;
            Complete(_stage.Out);
            CloseWhenBothEnded();
        }

        /// <summary>True when the socket has bytes or an end already; else the wake-up goes on, or the connection broke.</summary>
        private bool WaitReadable()
        {
            var result = _driver!.WaitReadable();
            _waitingReadable = result == SocketError.IOPending;
            if (result is not (SocketError.Success or SocketError.IOPending) && !_closed)
            {
                Break(result); // Where it is closed, an abort in this same turn has done so, and the stage is about to stop.
            }

            return result == SocketError.Success;
        }

        /// <summary>
        /// A reset is reported once. Where a write under way took the report, the receive that overtakes its wake-up returns 0 as if the peer had
        /// ended cleanly; only then is the kernel asked, because after a FIN of our own the state says nothing.
        /// </summary>
        private bool EndIsAReset() => _sendBusy && TcpState.Read(_socket).IsClosed;

        private void Send()
        {
            if (_closed)
            {
                return; // Pushed before the stage failed; PostStop gives it back.
            }

            _sendBusy = true;
            if (_driver!.Write(_sending))
            {
                SendCompleted(_driver.WriteResult);
            }
        }

        private void SendCompleted(SocketError error)
        {
            _sendBusy = false;
            if (error == SocketError.Shutdown && !_receiveEnded && _parts.Options.ResetUnlessClean)
            {
                // EPIPE: the reset came when the peer's FIN was here already (Linux says ECONNRESET otherwise), so what is unread is whole. The kernel has it still,
                // and reads end with 0.
                _sendBroken = true;
                Cancel(_stage.In, TransportException.ResetAfterEnd);
                if (_endAwaitsWriter)
                {
                    EndReceiving();
                }

                return;
            }

            if (error != SocketError.Success)
            {
                Break(error);
                return;
            }

            if (_endAwaitsWriter)
            {
                EndReceiving(); // It took no report, so the 0 hides none.
            }

            if (_inletEndedCleanly)
            {
                SendFin();
            }
            else if (!IsClosed(_stage.In))
            {
                Pull(_stage.In);
            }
        }

        private void SendFin()
        {
            if (_finSent || _sendBroken || _closed)
            {
                return;
            }

            try
            {
                _socket.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException e)
            {
                // The peer was faster: its reset is the end of this connection.
                Break(e.SocketErrorCode);
                return;
            }

            _finSent = true;
            CloseWhenBothEnded();
        }

        private void CloseWhenBothEnded()
        {
            if (_sendBroken && _receiveEnded)
            {
                Close();
                CompleteStage();
                return;
            }

            if (!_finSent || !_receiveEnded)
            {
                return;
            }

            if (_parts.Options.ResetUnlessClean)
            {
                _socket.LingerState = new LingerOption(false, 0); // The kernel delivers the rest.
            }

            Close();
            CompleteStage();
        }

        private void Break(SocketError error)
        {
            Close();
            FailStage(TransportException.FromSocket(error));
        }

        /// <summary>
        /// Closing with linger 0 drops what is unsent. Where a clean end is on its way out, its delivery is awaited first.
        /// </summary>
        /// <param name="awaitEnd">The inlet is about to end cleanly.</param>
        private void Abort(bool awaitEnd)
        {
            if (_aborted || _closed)
            {
                return;
            }

            _aborted = true;
            if ((_inletEndedCleanly || awaitEnd) && _parts.Options.ResetUnlessClean && IsDelivering)
            {
                SetKeepGoing(true); // Until PollDelivery ends the stage, at the latest after EndDeliveryTimeout.
                _deliveryStarted = _parts.Time.GetTimestamp();
                _deliveryTimer = _parts.Time.CreateTimer(
                    static state => ((StageWakeUp)state!).Wake(), _wakeUp, DeliveryPoll, DeliveryPoll);
                return;
            }

            EndAborted();
        }

        private bool IsDelivering => !_finSent || TcpState.Read(_socket).AwaitsDelivery;

        private void PollDelivery()
        {
            if (_closed || (IsDelivering && _parts.Time.GetElapsedTime(_deliveryStarted) < _parts.Options.EndDeliveryTimeout))
            {
                return; // Over already, or the timer asks again.
            }

            EndAborted();
        }

        private void EndAborted()
        {
            Close();
            FailStage(TransportException.Aborted("the connection was aborted"));
        }

        private void Close()
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            if (!_parts.Options.ResetUnlessClean && !_finSent)
            {
                SendLastFin();
            }

            _socket.Dispose();
        }

        /// <summary>A receive under way would make the disposal a reset, which destroys what the peer has not read yet.</summary>
        private void SendLastFin()
        {
            try
            {
                _socket.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                // The connection is gone: there is nobody to tell.
            }
        }
    }
}
