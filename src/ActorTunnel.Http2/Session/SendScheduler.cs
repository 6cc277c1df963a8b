using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Streams;

namespace ActorTunnel.Http2.Session;

/// <summary>
/// Decides which stream sends next and how much. Streams with payload and a window stand in a ring; each turn is one DATA frame of at
/// most min(stream window, connection window, the peer's largest frame, <see cref="MaxPayload"/>). A stream whose window is used up leaves
/// the ring and comes back with a WINDOW_UPDATE. Owns the send windows.
/// </summary>
internal sealed class SendScheduler
{
    /// <summary>
    /// Bytes of payload of our largest frame, 64 KiB − 9: with its header it fills a block, and four TLS records.
    /// </summary>
    public const int MaxPayload = BufferPool.BlockSize - FrameHeader.Size;

    private readonly StreamTable _streams;
    private readonly SessionEvents _events;
    private readonly FrameWriter _writer;
    private readonly StreamRing _ring = new();

    public SendScheduler(StreamTable streams, SessionEvents events, FrameWriter writer)
    {
        _streams = streams;
        _events = events;
        _writer = writer;
    }

    public SendWindow Connection { get; } = new(FlowWindow.Initial);

    /// <summary>Whether <see cref="Fill"/> would write a frame.</summary>
    public bool HasData => !_ring.IsEmpty && Connection.Available > 0;

    /// <summary>Queues payload of a stream that may send; the slice is the scheduler's.</summary>
    public void Submit(Http2Stream stream, Slice payload)
    {
        if (payload.IsEmpty)
        {
            payload.Dispose();
            return;
        }

        stream.WantsSendReady = true;
        stream.Queue.Enqueue(payload);
        EnterRing(stream);
    }

    /// <summary>Lets END_STREAM go with the last queued byte, or at once where nothing is queued: it needs no window.</summary>
    public void End(Http2Stream stream)
    {
        stream.EndQueued = true;
        if (stream.Queue.IsEmpty)
        {
            _writer.Write(DataFrame.Header(stream.Id, 0, endStream: true));
            _streams.End(stream, StreamInput.SendEndStream);
        }
    }

    /// <summary>The stream is gone: so is what it had queued.</summary>
    public void Drop(Http2Stream stream)
    {
        _ring.Remove(stream);
        stream.Queue.Clear();
    }

    /// <summary>A WINDOW_UPDATE of the connection.</summary>
    public Http2Error OpenConnection(int increment)
    {
        var wasClosed = Connection.Available == 0;
        if (!Connection.TryMove(increment))
        {
            return Http2Error.Connection(ErrorCode.FlowControlError, "the connection's window passes 2^31-1");
        }

        if (wasClosed)
        {
            foreach (var stream in _streams.Open)
            {
                _events.RaiseIfSendReady(stream);
            }
        }

        return Http2Error.None;
    }

    /// <summary>A WINDOW_UPDATE of a stream.</summary>
    public Http2Error OpenStream(Http2Stream stream, int increment)
    {
        if (!stream.SendWindow.TryMove(increment))
        {
            return Http2Error.Stream(ErrorCode.FlowControlError, "a stream's window passes 2^31-1");
        }

        EnterRing(stream);
        _events.RaiseIfSendReady(stream);
        return Http2Error.None;
    }

    /// <summary>The peer changed its SETTINGS_INITIAL_WINDOW_SIZE: every stream's window moves, also below 0 (RFC 9113 §6.9.2).</summary>
    public Http2Error MoveAll(int delta)
    {
        foreach (var stream in _streams.Open)
        {
            if (!stream.SendWindow.TryMove(delta))
            {
                return Http2Error.Connection(ErrorCode.FlowControlError, "INITIAL_WINDOW_SIZE moves a window past 2^31-1");
            }

            if (stream.SendWindow.Available == 0)
            {
                _ring.Remove(stream);
            }
            else
            {
                EnterRing(stream);
                _events.RaiseIfSendReady(stream);
            }
        }

        return Http2Error.None;
    }

    /// <summary>Writes DATA, a frame a turn, until the writer holds <paramref name="budget"/> bytes or nothing more may go.</summary>
    public void Fill(int budget, int peerMaxFrameSize)
    {
        var largest = Math.Min(peerMaxFrameSize, MaxPayload);
        while (HasData && (_writer.Bytes == 0 || _writer.Bytes < budget))
        {
            var stream = _ring.TakeFirst();
            WriteFrame(stream, largest);
            EnterRing(stream);
            _events.RaiseIfSendReady(stream);
        }
    }

    private void EnterRing(Http2Stream stream)
    {
        if (!stream.Queue.IsEmpty && stream.SendWindow.Available > 0)
        {
            _ring.AddLast(stream);
        }
    }

    private void WriteFrame(Http2Stream stream, int largest)
    {
        var window = Math.Min(stream.SendWindow.Available, Connection.Available);
        var length = Math.Min(Math.Min(stream.Queue.Bytes, largest), window);
        var end = stream.EndQueued && length == stream.Queue.Bytes;
        stream.SendWindow.Consume(length);
        Connection.Consume(length);

        WritePayload(DataFrame.Header(stream.Id, length, end), stream.Queue);
        if (end)
        {
            _streams.End(stream, StreamInput.SendEndStream);
        }
    }

    /// <summary>
    /// Writes the frame's bytes from the head of <paramref name="queue"/>: small ones are copied together, large ones go by reference with
    /// the header in front of them in their own block, where nobody else has a part of that block. Otherwise (a slice that is cut
    /// into several frames, whose front belongs to the piece before it) the header is a small slice from the write block.
    /// </summary>
    private void WritePayload(FrameHeader header, SliceQueue queue)
    {
        var remaining = header.Length;
        var first = queue[0];
        var firstLength = Math.Min(first.Length, remaining);
        if (firstLength >= FrameWriter.CopyThreshold && first.Start >= FrameHeader.Size && first.Block!.HasOneReference)
        {
            queue.TryDequeue(remaining, out var piece);
            piece = piece.Prepend(FrameHeader.Size);
            header.Write(piece.Span);
            _writer.Append(piece);
            remaining -= firstLength;
        }
        else
        {
            _writer.Write(header);
        }

        while (remaining > 0)
        {
            queue.TryDequeue(remaining, out var piece);
            remaining -= piece.Length;
            if (piece.Length < FrameWriter.CopyThreshold)
            {
                _writer.Copy(piece.Span);
                piece.Dispose();
            }
            else
            {
                _writer.Append(piece);
            }
        }
    }
}
