using System.Buffers.Binary;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using ActorTunnel.Http2.Streams;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>A client that keeps its own account of its windows, pads as it likes, resets streams, and goes on sending on streams that either side reset.</summary>
internal sealed class PaddingPeer
{
    private readonly Network _network;
    private readonly Random _random;
    private readonly Dictionary<int, Http2Stream> _streams = [];
    private readonly Dictionary<int, long> _windows = [];
    private long _connection;
    private int _nextId = 1;

    public PaddingPeer(Network network, Random random)
    {
        _network = network;
        _random = random;

        // The handshake took the first update of the connection's window away.
        _connection = network.Session.Flow.Announced;
    }

    public void Act()
    {
        switch (_random.Next(8))
        {
            case 0:
                _streams.Add(_nextId, _network.Tunnel(_nextId));
                _windows.Add(_nextId, _network.Settings.StreamWindow);
                _nextId += 2;
                break;
            case 1 when _random.Next(4) == 0 && Pick() is { } stream:
                _network.Session.Reset(stream, ErrorCode.Cancel);
                break;
            case 1 when _random.Next(3) == 0 && Pick() is { State: StreamState.Open } stream:
                _network.Send(Wire.Reset(stream.Id, ErrorCode.Cancel));
                _network.ExpectEvent(SessionEventKind.StreamReset);
                break;
            case 2 when Pick() is { UnpaidBytes: > 0 } stream:
                _network.Session.Repay(stream, _random.Next(1, stream.UnpaidBytes + 1));
                break;
            default:
                Send();
                break;
        }

        TakeUpdates();
    }

    /// <summary>With everything repaid, what this side counted and what the session counts are the same, and whole.</summary>
    public void AssertWindowsAreBack()
    {
        foreach (var stream in _streams.Values)
        {
            _network.Session.Repay(stream, stream.UnpaidBytes);
        }

        TakeUpdates();
        var flow = _network.Session.Flow;
        Assert.Equal(0, flow.Unpaid);
        Assert.Equal(_connection, flow.Announced);
        Assert.True(flow.Target - flow.Announced < Math.Max(1, flow.Target / 4));
        foreach (var stream in _streams.Values.Where(s => s.State == StreamState.Open))
        {
            Assert.Equal(_windows[stream.Id], stream.ReceiveWindow.Announced);
            Assert.Equal(_network.Settings.StreamWindow, stream.ReceiveWindow.Announced + stream.ReceiveWindow.Unannounced);
        }
    }

    private void Send()
    {
        if (Pick() is not { } stream)
        {
            return;
        }

        var room = Math.Min(Math.Min(_connection, _windows[stream.Id]), 16_384);
        var padding = _random.Next(3) == 0 ? _random.Next(256) : (int?)null;
        var overhead = padding + 1 ?? 0;
        if (room < overhead)
        {
            return;
        }

        var length = _random.Next((int)room - overhead + 1);
        _connection -= length + overhead;
        _windows[stream.Id] -= length + overhead;
        var bytes = Wire.Data(stream.Id, new byte[length], padding: padding);
        var cut = _random.Next(bytes.Length);
        _network.Send(bytes[..cut], bytes[cut..]);
        _network.DropPayload();
        _network.ExpectNoEvents();
    }

    private Http2Stream? Pick() => _streams.Count == 0 ? null : _streams[(2 * _random.Next(_streams.Count)) + 1];

    private void TakeUpdates()
    {
        foreach (var frame in _network.TakeFrames().Where(f => f.FrameType == FrameType.WindowUpdate))
        {
            var increment = BinaryPrimitives.ReadInt32BigEndian(frame.Payload);
            Assert.True(increment > 0);
            if (frame.StreamId == 0)
            {
                _connection += increment;
            }
            else
            {
                _windows[frame.StreamId] += increment;
            }
        }
    }
}
