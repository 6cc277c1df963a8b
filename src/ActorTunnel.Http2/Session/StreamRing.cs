using ActorTunnel.Http2.Streams;

namespace ActorTunnel.Http2.Session;

/// <summary>
/// The streams that have something to send and a window for it, in the order of their turns. The links are in the streams, so that
/// one which is reset leaves from any place at no cost, and nothing is allocated.
/// </summary>
internal sealed class StreamRing
{
    private Http2Stream? _first;
    private Http2Stream? _last;

    public bool IsEmpty => _first is null;

    public void AddLast(Http2Stream stream)
    {
        if (stream.InRing)
        {
            return;
        }

        stream.InRing = true;
        stream.RingPrevious = _last;
        if (_last is null)
        {
            _first = stream;
        }
        else
        {
            _last.RingNext = stream;
        }

        _last = stream;
    }

    public Http2Stream TakeFirst()
    {
        var stream = _first ?? throw new InvalidOperationException("The ring is empty.");
        Remove(stream);
        return stream;
    }

    public void Remove(Http2Stream stream)
    {
        if (!stream.InRing)
        {
            return;
        }

        if (stream.RingPrevious is null)
        {
            _first = stream.RingNext;
        }
        else
        {
            stream.RingPrevious.RingNext = stream.RingNext;
        }

        if (stream.RingNext is null)
        {
            _last = stream.RingPrevious;
        }
        else
        {
            stream.RingNext.RingPrevious = stream.RingPrevious;
        }

        stream.RingNext = null;
        stream.RingPrevious = null;
        stream.InRing = false;
    }
}
