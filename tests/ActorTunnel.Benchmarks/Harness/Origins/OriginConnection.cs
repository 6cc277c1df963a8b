using ActorTunnel.Benchmarks.Harness.Bytes;
using ActorTunnel.Benchmarks.Harness.Polling;

namespace ActorTunnel.Benchmarks.Harness.Origins;

/// <summary>A connection of the origin, or the driver's own for its questions.</summary>
internal sealed class OriginConnection(Origin origin, Poller poller, int descriptor) : PolledSocket(poller, descriptor, PollEvents.Read)
{
    private const int Piece = 128 * 1024;

    private readonly byte[] _head = new byte[Greeting.Size];
    private int _headCount;
    private Greeting? _greeting;
    private BulkCheck _check;
    private long _sent;
    private bool _isReleased;
    private byte[]? _unsent; // Of an echo whose client does not read.

    /// <summary>What was sent is all that a source sends.</summary>
    public void StopSending() => Interest &= ~PollEvents.Write;

    /// <summary>A stalled one is read from now on.</summary>
    public void Release()
    {
        _isReleased = true;
        Interest = PollEvents.Read;
    }

    protected override void OnReadable()
    {
        if (_greeting is null)
        {
            ReadGreeting();
            return;
        }

        if (_greeting.Value.Role == OriginRole.Stall && !_isReleased)
        {
            End(isBroken: true); // Nothing is read there, so only a break is told.
            return;
        }

        var buffer = origin.Buffer;
        switch (Receive(buffer))
        {
            case -1:
                break;
            case -2:
                End(isBroken: true);
                break;
            case 0:
                End(isBroken: false); // Both directions: a client ends only when it has what it wants.
                break;
            case var count:
                OnBytes(buffer.AsSpan(0, count));
                break;
        }
    }

    protected override void OnWritable()
    {
        if (_unsent is { } unsent)
        {
            _unsent = null;
            Interest = PollEvents.Read;
            Echo(unsent);
            return;
        }

        var count = Send(BulkPattern.At(_greeting!.Value.Tunnel, _sent, Piece));
        if (count == -2)
        {
            End(isBroken: true);
        }
        else if (count > 0)
        {
            _sent += count;
            origin.Sent += count;
        }
    }

    private void ReadGreeting()
    {
        var count = Receive(_head.AsSpan(_headCount));
        if (count is 0 or -2)
        {
            Close(); // Whoever looks whether a chain listens says nothing.
            return;
        }

        _headCount += Math.Max(0, count);
        if (_headCount < Greeting.Size)
        {
            return;
        }

        _greeting = Greeting.Read(_head);
        if (_greeting is not { } greeting)
        {
            origin.Wrong++;
            Reset();
            return;
        }

        _check = new BulkCheck(greeting.Tunnel);
        origin.Open += greeting.Role == OriginRole.Control ? 0 : 1;
        switch (greeting.Role)
        {
            case OriginRole.Source or OriginRole.SinkAndSource:
                Interest = PollEvents.Read | PollEvents.Write;
                origin.BeginSource(this);
                break;
            case OriginRole.Stall:
                Interest = PollEvents.None;
                origin.BeginStall(this);
                break;
        }
    }

    private void OnBytes(ReadOnlySpan<byte> bytes)
    {
        switch (_greeting!.Value.Role)
        {
            case OriginRole.Echo:
                Echo(bytes);
                break;
            case OriginRole.Control:
                Answer(bytes);
                break;
            default:
                Take(bytes);
                break;
        }
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        if (!_check.Add(bytes))
        {
            origin.Wrong++;
            End(isBroken: true);
        }
        else if (_isReleased)
        {
            origin.Late += bytes.Length;
        }
        else
        {
            origin.Received += bytes.Length;
        }
    }

    private void Echo(ReadOnlySpan<byte> bytes)
    {
        var count = Send(bytes);
        if (count == -2)
        {
            End(isBroken: true);
        }
        else if (count < bytes.Length)
        {
            _unsent = bytes[Math.Max(0, count)..].ToArray();
            Interest = PollEvents.Write;
        }
    }

    private void Answer(ReadOnlySpan<byte> questions)
    {
        Span<byte> answer = stackalloc byte[OriginCounts.Size];
        foreach (var question in questions)
        {
            switch (question)
            {
                case OriginCounts.StopSources:
                    origin.StopSources();
                    break;
                case OriginCounts.ReleaseStalled:
                    origin.ReleaseStalled();
                    break;
            }

            origin.Counts.Write(answer);
            _ = Send(answer); // The driver asks one at a time, so there is room.
        }
    }

    private void End(bool isBroken)
    {
        origin.Forget(this);
        if (_greeting!.Value.Role != OriginRole.Control)
        {
            origin.Open--;
            origin.Broken += isBroken ? 1 : 0;
        }

        if (isBroken)
        {
            Reset();
        }
        else
        {
            Close();
        }
    }
}
