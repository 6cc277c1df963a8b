using System.Net;
using ActorTunnel.Benchmarks.Harness.Polling;

namespace ActorTunnel.Benchmarks.Harness.Links;

/// <summary>One end of a connection over the link. What it reads goes on its way to the other end, which writes it when it has arrived.</summary>
internal sealed class LinkSocket : PolledSocket
{
    // Of bytes that were read here and that the other side's reader has not taken, as a window of TCP: twice what the link holds at 1 Gbit/s and 50 ms, and more.
    private const int Window = 16 * 1024 * 1024;

    private readonly LinkRelay _relay;
    private readonly LinkDirection _away;
    private readonly Queue<LinkChunk> _arrived = new();
    private LinkSocket _other = null!;
    private int _written; // Of the first chunk that arrived.
    private long _untaken;
    private bool _awaitsRoom;
    private bool _hasReadEnd;
    private bool _hasWrittenEnd;

    private LinkSocket(LinkRelay relay, LinkDirection away, int descriptor, PollEvents interest)
        : base(relay.Poller, descriptor, interest)
    {
        _relay = relay;
        _away = away;
    }

    /// <summary>Two ends: an accepted connection, and one that is made for it.</summary>
    public static void Join(LinkRelay relay, int accepted, IPEndPoint to)
    {
        var near = new LinkSocket(relay, relay.There, accepted, PollEvents.Read);
        var far = new LinkSocket(relay, relay.Back, BeginConnect(to), PollEvents.Read | PollEvents.Write);
        (near._other, far._other) = (far, near);
    }

    /// <summary>There is room on the link.</summary>
    public void ReadOn()
    {
        _awaitsRoom = false;
        if (!_hasReadEnd && _untaken < Window)
        {
            Interest |= PollEvents.Read;
        }
    }

    /// <summary>Something has come over the link.</summary>
    public void Deliver(LinkChunk chunk)
    {
        _arrived.Enqueue(chunk);
        if (IsClosed)
        {
            DropArrived();
        }
        else if (_arrived.Count == 1)
        {
            OnWritable();
        }
    }

    protected override void OnReadable()
    {
        if (_hasReadEnd)
        {
            Break(); // Only an error is told that is not asked for.
            return;
        }

        var now = _relay.Now;
        if (!_away.HasRoom(now) || _untaken >= Window)
        {
            Interest &= ~PollEvents.Read;
            if (_untaken < Window && !_awaitsRoom)
            {
                _awaitsRoom = true;
                _away.AwaitRoom(this);
            }

            return;
        }

        var buffer = _relay.Buffers.Take();
        var count = Receive(buffer);
        if (count > 0)
        {
            _untaken += count;
            _away.Send(now, _other, new LinkChunk(buffer, count, IsReset: false));
            return;
        }

        _relay.Buffers.Give(buffer);
        switch (count)
        {
            case 0:
                _hasReadEnd = true;
                Interest &= ~PollEvents.Read;
                _away.Send(now, _other, LinkChunk.Fin);
                CloseWhereOver();
                break;
            case -2:
                Break();
                break;
        }
    }

    protected override void OnWritable()
    {
        while (!IsClosed && _arrived.TryPeek(out var chunk))
        {
            if (chunk.Bytes is not { } bytes)
            {
                _arrived.Dequeue();
                OnEnd(chunk.IsReset);
                continue;
            }

            var count = Send(bytes.AsSpan(_written, chunk.Count - _written));
            if (count < 0)
            {
                if (count == -2)
                {
                    Break();
                }
                else
                {
                    Interest |= PollEvents.Write; // It is full, or not connected yet.
                }

                return;
            }

            _written += count;
            if (_written == chunk.Count)
            {
                _arrived.Dequeue();
                _written = 0;
                _relay.Buffers.Give(bytes);
                _other.Taken(chunk.Count);
            }
        }

        Interest &= ~PollEvents.Write;
    }

    /// <summary>The other side's reader took what we had read.</summary>
    private void Taken(int count)
    {
        var wasFull = _untaken >= Window;
        _untaken -= count;
        if (wasFull && _untaken < Window)
        {
            ReadOn();
        }
    }

    private void OnEnd(bool isReset)
    {
        if (isReset)
        {
            Reset();
            DropArrived();
            return;
        }

        _hasWrittenEnd = true;
        Finish();
        CloseWhereOver();
    }

    private void CloseWhereOver()
    {
        if (_hasReadEnd && _hasWrittenEnd)
        {
            Close();
        }
    }

    private void Break()
    {
        if (!IsClosed)
        {
            _away.Send(_relay.Now, _other, LinkChunk.Reset);
            Reset();
            DropArrived();
        }
    }

    private void DropArrived()
    {
        while (_arrived.TryDequeue(out var chunk))
        {
            if (chunk.Bytes is { } bytes)
            {
                _relay.Buffers.Give(bytes);
            }
        }
    }
}
