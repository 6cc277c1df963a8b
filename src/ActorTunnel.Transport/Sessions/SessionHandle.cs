using System.Collections.Concurrent;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Transport.Relay;

namespace ActorTunnel.Transport.Sessions;

/// <summary>Commands to a running session, from any thread; they are carried out in order, and before the bytes that tunnels sent after them.</summary>
public sealed class SessionHandle
{
    private readonly ConcurrentQueue<SessionCommand> _commands;
    private readonly IWakeable _stage;
    private int _isOver;

    internal SessionHandle(ConcurrentQueue<SessionCommand> commands, IWakeable stage, TimeProvider time)
    {
        Load = new SessionLoad(time);
        _commands = commands;
        _stage = stage;
    }

    /// <summary>How busy the session is.</summary>
    public SessionLoad Load { get; }

    /// <summary>
    /// Opens a stream; the session's actor is told <see cref="SessionProtocol.TunnelOpened"/> or <see cref="SessionProtocol.TunnelNotOpened"/>, unless it is told
    /// <see cref="SessionProtocol.SessionEnded"/>, or was before.
    /// </summary>
    public void Open(object token, IReadOnlyList<HeaderField> fields) => Post(new SessionCommand.Open(token, fields));

    /// <summary>Answers a stream of the peer.</summary>
    public void Respond(TunnelPort port, IReadOnlyList<HeaderField> fields, bool endStream) =>
        Post(new SessionCommand.Respond(port, fields, endStream));

    /// <summary>Answers a stream of the peer with fields and a short body, and ends it.</summary>
    public void RespondWith(TunnelPort port, IReadOnlyList<HeaderField> fields, string body) =>
        Post(new SessionCommand.RespondWith(port, fields, body));

    /// <summary>Resets a stream that has no relay.</summary>
    public void Reset(TunnelPort port, ErrorCode code) => Post(new SessionCommand.Reset(port, code));

    /// <summary>Ends our direction of a stream that has no relay.</summary>
    public void End(TunnelPort port) => Post(new SessionCommand.End(port));

    /// <summary>Takes no new streams from the peer, in two steps (RFC 9113 §6.8).</summary>
    public void BeginGoAway() => Post(SessionCommand.BeginGoAway.Instance);

    /// <summary>
    /// Ends the session in order, once what its tunnels left behind has gone out and no stream is left: GOAWAY, FIN, and reading on for a
    /// moment so that nothing is destroyed. For a session without tunnels; it opens no more.
    /// </summary>
    public void Close() => Post(new SessionCommand.Stop(ErrorCode.NoError, "", Orderly: true));

    /// <summary>Ends the session and all its tunnels now.</summary>
    public void Abort(ErrorCode code, string detail) => Post(new SessionCommand.Stop(code, detail, Orderly: false));

    /// <summary>Runs a relay in the session's actor, or, where that is gone, in one of its own.</summary>
    internal void Start(RelayGraph relay) => Post(new SessionCommand.Start(relay));

    /// <summary>The stage has stopped and takes no command any more.</summary>
    internal void Over()
    {
        Interlocked.Exchange(ref _isOver, 1);
        StartLeft();
    }

    private void Post(SessionCommand command)
    {
        _commands.Enqueue(command);
        Interlocked.MemoryBarrier(); // Either this sees the end of the stage, or the stage sees the command.
        if (Volatile.Read(ref _isOver) == 0)
        {
            _stage.Wake();
        }
        else
        {
            StartLeft();
        }
    }

    /// <summary>A relay has a connection, which nobody else would end.</summary>
    private void StartLeft()
    {
        while (_commands.TryDequeue(out var command))
        {
            if (command is SessionCommand.Start start)
            {
                start.Relay.Run();
            }
        }
    }
}

/// <summary>One command of a <see cref="SessionHandle"/>.</summary>
internal abstract record SessionCommand
{
    internal sealed record Open(object Token, IReadOnlyList<HeaderField> Fields) : SessionCommand;

    internal sealed record Respond(TunnelPort Port, IReadOnlyList<HeaderField> Fields, bool EndStream) : SessionCommand;

    internal sealed record RespondWith(TunnelPort Port, IReadOnlyList<HeaderField> Fields, string Body) : SessionCommand;

    internal sealed record Reset(TunnelPort Port, ErrorCode Code) : SessionCommand;

    internal sealed record End(TunnelPort Port) : SessionCommand;

    internal sealed record Start(RelayGraph Relay) : SessionCommand;

    internal sealed record BeginGoAway : SessionCommand
    {
        public static readonly BeginGoAway Instance = new();
    }

    internal sealed record Stop(ErrorCode Code, string Detail, bool Orderly) : SessionCommand;
}
