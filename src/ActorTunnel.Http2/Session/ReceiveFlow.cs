using System.Diagnostics;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Streams;

namespace ActorTunnel.Http2.Session;

/// <summary>
/// What the peer may send on the connection, and the account of what was delivered and is not repaid.
/// <para>
/// A DATA frame counts whole, padding included, as soon as its header is read. On the connection it is repaid when its bytes were
/// delivered or dropped; on the stream, payload is repaid by <see cref="Repay"/> and padding at once. The connection's window is
/// <c>min(4 × stream window, budget − unpaid)</c>: a stalled stream takes its part of the budget, and its neighbours keep the rest. How wide
/// the windows are is <see cref="WindowGrowth"/>'s.
/// </para>
/// <para>
/// Nothing has to be remembered to make the window come back exactly: what may be announced is the difference between that target and
/// <c>announced + arriving</c>, so the only sum to keep right is <see cref="Unpaid"/>. A stream takes its unpaid bytes out of it once:
/// by repaying them, or by <see cref="WriteOff"/> when they are dropped.
/// </para>
/// </summary>
internal sealed class ReceiveFlow
{
    private readonly FrameWriter _writer;
    private readonly long _budget;
    private readonly WindowGrowth _growth;
    private FlowWindow _announced = new(FlowWindow.Initial);
    private int _arriving;

    public ReceiveFlow(SessionSettings settings, WindowGrowth growth, FrameWriter writer)
    {
        _writer = writer;
        _budget = settings.ReceiveBudget;
        _growth = growth;
    }

    /// <summary>Bytes delivered and neither repaid nor written off.</summary>
    public long Unpaid { get; private set; }

    /// <summary>The connection's window as the peer counts it once all is delivered.</summary>
    public int Announced => _announced.Value;

    /// <summary>What the window should be now.</summary>
    public long Target => Math.Min(_growth.ConnectionWindow, _budget - Unpaid);

    /// <summary>The header of a DATA frame came. False where the frame oversteps the connection's window.</summary>
    public bool TryAccept(int length)
    {
        if (!_announced.TryConsume(length))
        {
            return false;
        }

        _arriving += length;
        return true;
    }

    /// <summary>Payload was delivered as an event.</summary>
    public void Deliver(Http2Stream stream, int length)
    {
        stream.UnpaidBytes += length;
        Unpaid += length;
        _growth.Delivered(stream, length);
        Discard(length);
    }

    /// <summary>Padding came, or payload of a stream that is not served any more.</summary>
    public void Discard(int length)
    {
        _arriving -= length;
        Announce();
    }

    /// <summary>Padding of a live stream came: its window is repaid at once.</summary>
    public void DiscardPadding(Http2Stream stream, int length)
    {
        Discard(length);
        AnnounceStream(stream, stream.ReceiveWindow.Repay(length));
    }

    /// <summary>Delivered payload was used.</summary>
    public void Repay(Http2Stream stream, int length)
    {
        Debug.Assert(length <= stream.UnpaidBytes, "more was repaid than delivered");
        stream.UnpaidBytes -= length;
        Unpaid -= length;
        _growth.Taken(stream);
        AnnounceStream(stream, stream.ReceiveWindow.Repay(length));
        Announce();
    }

    /// <summary>What was delivered on a stream was dropped; later repayments of it are ignored.</summary>
    public void WriteOff(Http2Stream stream)
    {
        Unpaid -= stream.UnpaidBytes;
        stream.UnpaidBytes = 0;
        Announce();
    }

    /// <summary>The peer acknowledged our stream window.</summary>
    public void Retarget(Http2Stream stream, int streamWindow) => AnnounceStream(stream, stream.ReceiveWindow.Retarget(streamWindow));

    /// <summary>A PING came back. True where it was a measurement of the windows.</summary>
    public bool Acknowledge(long opaque)
    {
        if (!_growth.Acknowledge(opaque, Unpaid))
        {
            return false;
        }

        Announce();
        return true;
    }

    /// <summary>Announces what the connection's window lacks, once that is a quarter of it.</summary>
    public void Announce()
    {
        var target = Target;
        var lacking = target - _announced.Value - _arriving;
        if (lacking <= 0 || lacking < target / 4)
        {
            return;
        }

        // Cannot pass 2^31−1: the target does not.
        _announced.TryMove((int)lacking);
        _writer.Write(new WindowUpdateFrame(0, (int)lacking));
        _growth.ConnectionAnnounced();
    }

    private void AnnounceStream(Http2Stream stream, int increment)
    {
        if (increment > 0 && stream.CanReceive)
        {
            _writer.Write(new WindowUpdateFrame(stream.Id, increment));
            _growth.StreamAnnounced(stream);
        }
    }
}
