using System.Text;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Http2.Session;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>Whole conversations as bytes, and a caller that serves whatever comes and writes down what it saw.</summary>
public static class Recording
{
    /// <summary>What a client might send to a server: each frame type, padding, continuation, resets, a malformed request.</summary>
    public static byte[][] OfClient =>
    [
        Wire.Preface,
        Wire.Settings((4, 100_000), (5, 20_000), (0x99, 1)),
        Wire.SettingsAck,
        Wire.WindowUpdate(0, 1_000),
        Wire.Headers(1, Network.Connect),
        Wire.Data(1, Payload(1, 300)),
        Wire.Data(1, Payload(2, 20), padding: 7),
        Wire.Frame(FrameType.Headers, 0x2c, 3, [3, 0, 0, 0, 1, 9, .. Wire.Block(Network.Connect), 0, 0, 0]),
        Wire.Priority(3, 1),
        Wire.Data(3, [], padding: 0),
        Wire.Headers(5, Network.Connect, endHeaders: false),
        Wire.Continuation(5, [], endHeaders: false),
        Wire.Continuation(5, Wire.Block(("x", new string('y', 150)))),
        Wire.Ping(77),
        Wire.Ping(78, ack: true),
        Wire.Frame((FrameType)0x33, 0xff, 5, Payload(3, 40)),
        Wire.Data(5, Payload(4, 90), endStream: true),
        Wire.Data(3, Payload(5, 33), endStream: true, padding: 20),
        Wire.WindowUpdate(1, 99),
        Wire.Headers(7, [(":method", "CONNECT")]),
        Wire.Data(7, Payload(6, 10)),
        Wire.Reset(1, ErrorCode.Cancel),
        Wire.Headers(9, Network.Connect, endStream: true),
        Wire.Headers(11, Network.Connect),
        Wire.WindowUpdate(11, 0),
        Wire.GoAway(0, ErrorCode.NoError, "bye"),
        Wire.Headers(13, Network.Connect),
        Wire.Data(13, Payload(7, 60)),
        Wire.WindowUpdate(0, 0),
        Wire.Ping(79),
    ];

    /// <summary>What a server might send to a client that has opened the streams 1, 3, 5 and 7.</summary>
    public static byte[][] OfServer =>
    [
        Wire.Settings((3, 100), (4, 100_000)),
        Wire.SettingsAck,
        Wire.Headers(1, [(":status", "103"), ("link", "x")]),
        Wire.Headers(1, Network.Ok),
        Wire.Data(1, Payload(1, 300), padding: 1),
        Wire.Headers(3, [(":status", "502"), ("proxy-status", "x; error=dns_error")], endStream: true),
        Wire.Reset(3, ErrorCode.NoError),
        Wire.Headers(5, Network.Ok, endHeaders: false),
        Wire.Continuation(5, Wire.Block(("a", "b"))),
        Wire.Data(1, [], endStream: true),
        Wire.Data(5, Payload(2, 50)),
        Wire.Headers(5, [("trailer", "x")], endStream: true),
        Wire.GoAway(5, ErrorCode.NoError),
        Wire.Ping(5),
        Wire.Frame(FrameType.PushPromise, 4, 1, 0, 0, 0, 2),
    ];

    public static byte[] Payload(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A session that a recording can be played to.</summary>
    public static Http2Session Begin(SessionRole role, BufferPool pool)
    {
        var session = new Http2Session(role, new SessionSettings(), pool);
        for (var i = 0; role == SessionRole.Client && i < 4; i++)
        {
            session.OpenStream([new(":method", "CONNECT"), new(":authority", "host.com:443")]);
        }

        return session;
    }

    /// <summary>
    /// Answers requests, repays payload, and writes each event down; payload that comes in several events becomes one entry.
    /// </summary>
    public static void Serve(Http2Session session, StringBuilder log)
    {
        while (session.TryReadEvent(out var e))
        {
            if (e.Kind == SessionEventKind.DataReceived)
            {
                Join(log, e);
                session.Repay(e.Stream!, e.Data.Length);
                e.Data.Dispose();
                continue;
            }

            if (e.Kind == SessionEventKind.SendReady)
            {
                continue;
            }

            log.AppendLine($"{e.Kind} {e.StreamId} {e.EndStream} {e.Code} {e.ByPeer} {e.Opaque} {e.Detail} {e.LastStreamId}");
            foreach (var field in e.Fields ?? [])
            {
                log.AppendLine($"  {field.Name}: {field.Value}");
            }

            if (e.Kind == SessionEventKind.HeadersReceived && !e.Stream!.HeadersSent)
            {
                session.SendHeaders(e.Stream, [new HeaderField(":status", "200")], endStream: false);
            }
        }
    }

    /// <summary>The frames of all output but WINDOW_UPDATE, whose number depends on how the input was cut.</summary>
    public static string TakeOutput(Http2Session session, int skip)
    {
        using var output = new SliceQueue();
        while (session.HasOutput)
        {
            session.TakeOutput(output, int.MaxValue);
        }

        var bytes = new List<byte>();
        while (output.TryDequeue(out var slice))
        {
            bytes.AddRange(slice.Span);
            slice.Dispose();
        }

        var frames = WireFrame.ReadAll(bytes.ToArray().AsSpan(skip), out _);
        return string.Join('\n', frames.Where(f => f.FrameType != FrameType.WindowUpdate));
    }

    private static void Join(StringBuilder log, SessionEvent e)
    {
        var prefix = $"{e.Kind} {e.StreamId} ";
        var lastLine = log.ToString(0, log.Length).TrimEnd('\n');
        lastLine = lastLine[(lastLine.LastIndexOf('\n') + 1)..];
        if (lastLine.StartsWith(prefix, StringComparison.Ordinal) && !lastLine.EndsWith('.'))
        {
            log.Length -= 1;
        }
        else
        {
            log.Append(prefix);
        }

        log.Append(Convert.ToHexString(e.Data.Span)).Append(e.EndStream ? "." : "").Append('\n');
    }
}
