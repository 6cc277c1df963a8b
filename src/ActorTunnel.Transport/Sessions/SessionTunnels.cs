using System.Collections.Concurrent;
using System.Text;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using ActorTunnel.Transport.Pipes;
using ActorTunnel.Transport.Relay;
using Akka.Actor;

namespace ActorTunnel.Transport.Sessions;

/// <summary>
/// The tunnels of one session: carries commands and pipe contents into the session, and the session's events to pipes and actors. Only the session's
/// stage uses it.
/// </summary>
internal sealed class SessionTunnels
{
    private readonly Http2Session _session;
    private readonly SessionRole _role;
    private readonly BufferPool _pool;
    private readonly IActorRef _actor;
    private readonly ReadyTunnels _ready;
    private readonly SessionLiveness _liveness;
    private readonly ConcurrentQueue<SessionCommand> _commands = new();
    private readonly Queue<SessionCommand.Open> _held = new();
    private readonly HashSet<Http2TunnelPort> _ports = [];
    private readonly SliceQueue _taken = new();
    private readonly PendingEnds _pendingEnds;
    private readonly Action<Http2TunnelPort> _forget;
    private readonly Action<RelayGraph> _run;

    public SessionTunnels(
        Http2Session session,
        SessionRole role,
        SessionLiveness liveness,
        int streamWindow,
        BufferPool pool,
        IActorRef actor,
        IWakeable stage,
        TimeProvider time,
        Action<RelayGraph> run)
    {
        _run = run;
        Control = new SessionHandle(_commands, stage, time);
        _liveness = liveness;
        _pendingEnds = new PendingEnds(session, stage, time);
        _forget = Remove;
        _session = session;
        _role = role;
        _pool = pool;
        _actor = actor;
        _ready = new ReadyTunnels(stage, streamWindow);
    }

    /// <summary>Where commands come from.</summary>
    public SessionHandle Control { get; }

    /// <summary>Whether the peer's SETTINGS came.</summary>
    public bool IsReady { get; private set; }

    /// <summary>
    /// Whether the session is to end in order. It does so once no stream is left: a tunnel whose relay is over may have its last bytes and
    /// its END_STREAM still in its pipe or in the session.
    /// </summary>
    public bool IsCloseRequested { get; private set; }

    /// <summary>Whether <see cref="End"/> was called.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Carries out commands, then serves the tunnels that have work. Returns an abort, behind which nothing was done.</summary>
    public SessionCommand.Stop? Serve()
    {
        while (_held.Count > 0 && !_liveness.MustHearFirst())
        {
            Execute(_held.Dequeue());
        }

        while (_commands.TryDequeue(out var command))
        {
            if (command is SessionCommand.Stop { Orderly: false } stop)
            {
                return stop;
            }

            Execute(command);
        }

        for (var port = _ready.TakeAll(); port is not null;)
        {
            var next = port.NextReady; // Its own signals may link it anew from here on.
            port.BeginService();
            var repaid = port.Receive.TakeRepaid();
            if (repaid > 0)
            {
                _session.Repay(port.Stream, Math.Min(repaid, port.Stream.UnpaidBytes));
            }

            var unread = port.Receive.CancelledBy;
            if (unread != PipeEnd.Open && port.IsAnswered)
            {
                _session.Repay(port.Stream, port.Stream.UnpaidBytes); // A reset would drop the answer's body.
            }
            else if (unread != PipeEnd.Open && PendingEnds.IsOne(port))
            {
                _pendingEnds.Add(port, CodeOf(unread));
                TakeFrom(port);
            }
            else if (unread != PipeEnd.Open)
            {
                // Nobody takes the peer's bytes any more; also settles the account of a stream that has ended.
                _session.Reset(port.Stream, CodeOf(unread));
                Remove(port);
            }
            else
            {
                TakeFrom(port);
            }

            port = next;
        }

        SettleEnds();
        return null;
    }

    /// <summary>To be called when output was taken: it may have had the end that a reset waits for.</summary>
    public void SettleEnds()
    {
        if (!_pendingEnds.IsEmpty)
        {
            _pendingEnds.Settle(_forget);
        }
    }

    /// <summary>While the session closes: whoever asks for a stream is told that there is none. Behind the end, which answers them all, nobody is told.</summary>
    public void RefuseCommands()
    {
        while (_held.TryDequeue(out var held))
        {
            Refuse(held);
        }

        while (_commands.TryDequeue(out var command))
        {
            if (command is SessionCommand.Open open)
            {
                Refuse(open);
            }
            else if (command is SessionCommand.Start start)
            {
                _run(start.Relay);
            }
        }
    }

    /// <summary>Passes an event on to whom it concerns.</summary>
    public void Handle(in SessionEvent e)
    {
        switch (e.Kind)
        {
            case SessionEventKind.DataReceived:
                Receive((Http2TunnelPort)e.Stream!.Owner!, e);
                break;
            case SessionEventKind.SendReady:
                if (e.Stream!.Owner is Http2TunnelPort ready)
                {
                    TakeFrom(ready);
                }

                break;
            case SessionEventKind.HeadersReceived when e.Stream!.Owner is Http2TunnelPort asked:
                asked.Tell(new TunnelPortProtocol.ResponseReceived(e.Fields!, e.EndStream));
                if (e.EndStream)
                {
                    asked.Receive.Complete();
                }

                break;
            case SessionEventKind.HeadersReceived:
                Requested(e, tooLarge: false);
                break;
            case SessionEventKind.HeaderListTooLarge:
                Requested(e, tooLarge: true);
                break;
            case SessionEventKind.StreamReset:
                Reset((Http2TunnelPort)e.Stream!.Owner!, e);
                break;
            case SessionEventKind.StreamClosed:
                Remove((Http2TunnelPort)e.Stream!.Owner!);
                break;
            case SessionEventKind.StreamRejected:
                _actor.Tell(new SessionProtocol.TunnelRejected(e.StreamId, e.Code, e.Detail));
                break;
            case SessionEventKind.SettingsReceived:
                _actor.Tell(IsReady
                    ? new SessionProtocol.PeerLimitChanged(_session.PeerMaxConcurrentStreams)
                    : new SessionProtocol.PeerReady(_session.PeerMaxConcurrentStreams));
                IsReady = true;
                break;
            case SessionEventKind.GoAwayReceived:
                _actor.Tell(new SessionProtocol.GoAwayReceived(e.LastStreamId, e.Code, e.Detail));
                break;
            case SessionEventKind.GoAwayCompleted:
                _actor.Tell(new SessionProtocol.GoAwayCompleted());
                break;
        }
    }

    /// <summary>The session is over: tells the session's actor, and then every tunnel. So whoever asks for another tunnel finds the actor knowing.</summary>
    public void End(SessionProtocol.SessionEnded ended)
    {
        HasEnded = true;
        _actor.Tell(ended);
        foreach (var port in _ports)
        {
            // Where END_STREAM came before, its bytes and its end are still delivered.
            port.Receive.Abort(PipeEnd.SessionLost);
            port.Send.Cancel(PipeEnd.SessionLost);
            port.Tell(new TunnelPortProtocol.SessionWasLost());
        }

        _ports.Clear();
        _pendingEnds.Clear();
    }

    private void Execute(SessionCommand command)
    {
        switch (command)
        {
            case SessionCommand.Stop:
                IsCloseRequested = true;
                break;
            case SessionCommand.Open open when !_session.CanOpenStream || IsCloseRequested:
                Refuse(open);
                break;
            case SessionCommand.Open open when _liveness.MustHearFirst():
                _held.Enqueue(open); // The next byte releases it, or the end of the session.
                break;
            case SessionCommand.Open open:
                var port = Add(_session.OpenStream(open.Fields));
                _actor.Tell(new SessionProtocol.TunnelOpened(open.Token, port));
                break;
            case SessionCommand.Respond respond:
                _session.SendHeaders(Ours(respond.Port).Stream, respond.Fields, respond.EndStream);
                break;
            case SessionCommand.RespondWith respond:
                var answered = Ours(respond.Port);
                answered.IsAnswered = true;
                _session.SendHeaders(answered.Stream, respond.Fields, endStream: false);
                _session.SendData(answered.Stream, Text(respond.Body));
                _session.SendEnd(answered.Stream);
                break;
            case SessionCommand.Reset reset:
                _session.Reset(Ours(reset.Port).Stream, reset.Code);
                reset.Port.Receive.Cancel(PipeEnd.Aborted); // There is no relay that would take or drop what came already.
                Remove(Ours(reset.Port));
                break;
            case SessionCommand.End end:
                if (Ours(end.Port).Stream.CanSend)
                {
                    _session.SendEnd(Ours(end.Port).Stream);
                }

                break;
            case SessionCommand.Start start:
                _run(start.Relay);
                break;
            case SessionCommand.BeginGoAway:
                _session.BeginGoAway();
                break;
        }
    }

    /// <summary>A handle is given only ports of its own session.</summary>
    private static Http2TunnelPort Ours(TunnelPort port) => (Http2TunnelPort)port;

    private Http2TunnelPort Add(Http2.Streams.Http2Stream stream)
    {
        var port = new Http2TunnelPort(stream, _ready, Control);
        stream.Owner = port;
        _ports.Add(port);
        return port;
    }

    private void Refuse(SessionCommand.Open open)
    {
        if (!HasEnded)
        {
            _actor.Tell(new SessionProtocol.TunnelNotOpened(open.Token, ForGood: !_session.TakesStreams || IsCloseRequested));
        }
    }

    private void Remove(Http2TunnelPort port)
    {
        if (_ports.Remove(port) && _role == SessionRole.Client)
        {
            _actor.Tell(SessionProtocol.TunnelClosed.Instance);
        }
    }

    private void Requested(in SessionEvent e, bool tooLarge)
    {
        var port = Add(e.Stream!);
        if (e.EndStream)
        {
            port.Receive.Complete();
        }

        _actor.Tell(new SessionProtocol.TunnelRequested(port, e.Fields ?? [], tooLarge));
    }

    private static void Receive(Http2TunnelPort port, in SessionEvent e)
    {
        if (!e.Data.IsEmpty && port.Receive.CancelledBy == PipeEnd.Open)
        {
            port.Receive.Write(e.Data);
        }
        else
        {
            // The relay is gone and its reset on the way; that settles the account.
            e.Data.Dispose();
        }

        if (e.EndStream)
        {
            port.Receive.Complete();
            port.Tell(new TunnelPortProtocol.EndReceived());
        }
    }

    private void Reset(Http2TunnelPort port, in SessionEvent e)
    {
        port.Receive.Abort(PipeEnd.StreamReset);
        port.Send.Cancel(PipeEnd.StreamReset);
        port.Tell(new TunnelPortProtocol.StreamWasReset(e.Code, e.ByPeer, e.Detail));
        Remove(port);
    }

    /// <summary>
    /// Relay → session: takes what the pipe has once the stream has sent what it had before, and says whether the relay may read on.
    /// </summary>
    private void TakeFrom(Http2TunnelPort port)
    {
        var stream = port.Stream;
        if (!stream.CanSend)
        {
            var failed = port.Send.End;
            if (failed is not (PipeEnd.Open or PipeEnd.Clean))
            {
                // Our direction had ended or not begun; the peer's is still open and nobody reads it.
                _session.Reset(stream, CodeOf(failed));
                Remove(port);
            }

            return;
        }

        var end = port.Send.End; // Read before the bytes: a clean end seen now has all its bytes in the pipe already.
        if (end is not (PipeEnd.Open or PipeEnd.Clean))
        {
            _session.Reset(stream, CodeOf(end));
            Remove(port);
            return;
        }

        // A block that fills the window is the one that waits: SendReady opens the pipe again.
        var capacity = stream.QueuedBytes == 0 ? stream.SendCapacity : 0;
        port.Send.SetOpen(capacity > 0);
        if (capacity > 0 && port.Send.MoveTo(_taken, closeAt: capacity) > 0)
        {
            while (_taken.TryDequeue(out var slice))
            {
                _session.SendData(stream, slice);
            }
        }

        if (end == PipeEnd.Clean && !port.Send.HasBytes)
        {
            _session.SendEnd(stream);
        }
    }

    private static ErrorCode CodeOf(PipeEnd end) => end switch
    {
        PipeEnd.ConnectionReset => ErrorCode.ConnectError, // RFC 9113 §8.5
        _ => ErrorCode.Cancel,
    };

    private Slice Text(string body)
    {
        var block = _pool.Rent();
        var length = Encoding.ASCII.GetBytes(body, block.Array.AsSpan(Sockets.TcpConnectionStage.Headroom));
        return block.AsSlice(Sockets.TcpConnectionStage.Headroom, length);
    }
}
