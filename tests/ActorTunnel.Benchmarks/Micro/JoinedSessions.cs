using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Http2.Session;
using ActorTunnel.Http2.Streams;

namespace ActorTunnel.Benchmarks.Micro;

/// <summary>A client's and a server's session without a socket between them. The server takes every stream; payload is repaid as it comes.</summary>
internal sealed class JoinedSessions : IDisposable
{
    public static readonly HeaderField[] Request = [new(":method", "CONNECT"), new(":authority", "host.com:443")];
    public static readonly HeaderField[] Response = [new(":status", "200")];

    private readonly SliceQueue _wire = new();
    private readonly Http2Session _server;

    public JoinedSessions()
    {
        Client = new Http2Session(SessionRole.Client, new SessionSettings(), Pool);
        _server = new Http2Session(SessionRole.Server, new SessionSettings(), Pool);
        Pump();
    }

    public BufferPool Pool { get; } = new();

    public Http2Session Client { get; }

    public Http2Stream Open()
    {
        var stream = Client.OpenStream(Request);
        Pump();
        return stream;
    }

    /// <summary>Ends a stream both ways.</summary>
    public void End(Http2Stream stream)
    {
        Client.SendEnd(stream);
        Pump();
    }

    /// <summary>Moves bytes until neither has more to say.</summary>
    public void Pump()
    {
        while (Client.HasOutput || _server.HasOutput)
        {
            Move(Client, _server);
            Move(_server, Client);
        }
    }

    public void Dispose()
    {
        Client.Dispose();
        _server.Dispose();
    }

    private void Move(Http2Session from, Http2Session to)
    {
        from.TakeOutput(_wire, int.MaxValue);
        while (_wire.TryDequeue(out var slice))
        {
            to.Receive(slice);
        }

        while (to.TryReadEvent(out var e))
        {
            Handle(to, e);
        }
    }

    private void Handle(Http2Session session, in SessionEvent e)
    {
        if (e.Kind == SessionEventKind.DataReceived)
        {
            var length = e.Data.Length;
            e.Data.Dispose();
            session.Repay(e.Stream!, length);
        }

        if (session != _server)
        {
            return;
        }

        if (e.Kind == SessionEventKind.HeadersReceived)
        {
            session.SendHeaders(e.Stream!, Response, endStream: false);
        }

        if (e.EndStream)
        {
            session.SendEnd(e.Stream!);
        }
    }
}
