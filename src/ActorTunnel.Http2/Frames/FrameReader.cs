using System.Diagnostics;
using ActorTunnel.Http2.Buffers;

namespace ActorTunnel.Http2.Frames;

/// <summary>
/// Cuts the bytes of a connection into frame headers and payloads. It holds what was received and not read yet, and no buffer beyond
/// that while it waits between frames.
/// <para>
/// A payload that lies whole in one slice is read in place. One that is split is gathered in a scratch block; the caller asks for it only
/// after it has checked the header, so a block is always large enough. DATA is never gathered: <see cref="TryTakePiece"/> passes on
/// what is there. Every read call ends the life of the span that the one before it returned.
/// </para>
/// </summary>
public sealed class FrameReader : IDisposable
{
    private readonly BufferPool _pool;
    private readonly SliceQueue _waiting = new();
    private readonly byte[] _header = new byte[FrameHeader.Size];
    private Slice _current;
    private int _headerLength;
    private Block? _scratch;
    private int _scratchLength;
    private bool _scratchIsRead;

    /// <param name="pool">Lends the scratch block.</param>
    public FrameReader(BufferPool pool)
    {
        _pool = pool;
    }

    /// <summary>Adds received bytes; the slice is the reader's.</summary>
    public void Append(Slice bytes) => _waiting.Enqueue(bytes);

    /// <summary>Reads bytes that are no frame, the connection preface: as many as lie together, at most <paramref name="max"/>, or none.</summary>
    public ReadOnlySpan<byte> ReadSome(int max)
    {
        if (!HasBytes())
        {
            return default;
        }

        var bytes = _current.Span[..Math.Min(max, _current.Length)];
        Advance(bytes.Length);
        return bytes;
    }

    /// <summary>Reads the next nine bytes, or keeps what there is of them.</summary>
    public bool TryReadHeader(out FrameHeader header)
    {
        if (_headerLength == 0 && HasBytes() && _current.Length >= FrameHeader.Size)
        {
            header = FrameHeader.Read(_current.Span);
            Advance(FrameHeader.Size);
            return true;
        }

        while (HasBytes())
        {
            var part = _current.Span[..Math.Min(FrameHeader.Size - _headerLength, _current.Length)];
            part.CopyTo(_header.AsSpan(_headerLength));
            _headerLength += part.Length;
            Advance(part.Length);
            if (_headerLength == FrameHeader.Size)
            {
                _headerLength = 0;
                header = FrameHeader.Read(_header);
                return true;
            }
        }

        header = default;
        return false;
    }

    /// <summary>
    /// Reads <paramref name="length"/> bytes of payload (at most a block), or keeps what there is of them. Asked again with the same
    /// length until it returns true. The payload is valid until the next call.
    /// </summary>
    public bool TryReadPayload(int length, out ReadOnlySpan<byte> payload)
    {
        if (_scratchLength == 0)
        {
            if (length == 0)
            {
                payload = default;
                return true;
            }

            if (HasBytes() && _current.Length >= length)
            {
                payload = _current.Span[..length];
                Advance(length);
                return true;
            }
        }

        while (HasBytes())
        {
            _scratch ??= _pool.Rent();
            var part = _current.Span[..Math.Min(length - _scratchLength, _current.Length)];
            part.CopyTo(_scratch.Array.AsSpan(_scratchLength));
            _scratchLength += part.Length;
            Advance(part.Length);
            if (_scratchLength == length)
            {
                _scratchIsRead = true;
                payload = _scratch.Array.AsSpan(0, length);
                return true;
            }
        }

        payload = default;
        return false;
    }

    /// <summary>Passes on what lies together, at most <paramref name="max"/> bytes, without a copy. The caller owns the piece.</summary>
    public bool TryTakePiece(int max, out Slice piece)
    {
        if (!HasBytes())
        {
            piece = default;
            return false;
        }

        if (_current.Length <= max)
        {
            piece = _current;
            _current = default;
        }
        else
        {
            piece = _current.Share(0, max);
            Advance(max);
        }

        return true;
    }

    /// <summary>Drops what lies together, at most <paramref name="max"/> bytes, and returns how many that were.</summary>
    public int Skip(int max)
    {
        if (!HasBytes())
        {
            return 0;
        }

        var length = Math.Min(max, _current.Length);
        Advance(length);
        return length;
    }

    /// <summary>Gives back everything that is held. What is appended later is held again.</summary>
    public void Dispose()
    {
        _current.Dispose();
        _current = default;
        _waiting.Clear();
        _scratchLength = 0;
        _headerLength = 0;
        DropScratch();
    }

    /// <summary>
    /// Makes the current slice one with bytes. A slice that was read to its end is given back here and not before, because a span of it
    /// may be in use until the next call; the same goes for the scratch block.
    /// </summary>
    private bool HasBytes()
    {
        if (_scratchIsRead)
        {
            _scratchLength = 0;
            DropScratch();
        }

        while (_current.IsEmpty)
        {
            _current.Dispose();
            if (!_waiting.TryDequeue(out _current))
            {
                return false;
            }
        }

        return true;
    }

    private void Advance(int count)
    {
        Debug.Assert(count <= _current.Length, "more was read than there is");
        _current = _current.Skip(count);
    }

    private void DropScratch()
    {
        _scratchIsRead = false;
        _scratch?.Release();
        _scratch = null;
    }
}
