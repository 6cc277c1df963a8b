using ActorTunnel.Http2.Buffers;
using ActorTunnel.Transport.Heads;

namespace ActorTunnel.Transport.Http1;

/// <summary>
/// Finds a request's head in slices. A head that lies in one slice, as it nearly always does, is read where it is; else it is gathered in a block.
/// </summary>
internal sealed class Http1HeadBuffer : IDisposable
{
    private readonly BufferPool _pool;
    private Block? _block;
    private int _length;

    public Http1HeadBuffer(BufferPool pool)
    {
        _pool = pool;
    }

    /// <summary>
    /// Takes slices out of <paramref name="received"/> until the head is whole or something else; what follows a CONNECT's head is left in it. To be
    /// called until the answer is not Incomplete, and then no more.
    /// </summary>
    public HeadParse<Http1Request> Read(SliceQueue received)
    {
        var behind = new SliceQueue(1);
        while (received.TryDequeue(out var slice))
        {
            var before = _length;
            var head = before == 0 ? Http1ConnectReader.Read(slice.Span) : Http1ConnectReader.Read(Append(slice.Span));
            if (head.Status == HeadStatus.Incomplete)
            {
                if (before == 0)
                {
                    Append(slice.Span);
                }

                slice.Dispose();
                continue;
            }

            // Without the last slice the head was not whole, so it ends in this one.
            slice = slice.Skip(Math.Max(0, head.Consumed - before));
            if (slice.IsEmpty)
            {
                slice.Dispose();
            }
            else
            {
                behind.Enqueue(slice);
                received.MoveTo(behind);
                behind.MoveTo(received);
            }

            Dispose();
            return head;
        }

        return HeadParse.Incomplete<Http1Request>();
    }

    /// <summary>Gives the block back.</summary>
    public void Dispose()
    {
        _block?.Release();
        _block = null;
        _length = 0;
    }

    /// <summary>What is past the longest head need not be copied: it changes no verdict.</summary>
    private ReadOnlySpan<byte> Append(ReadOnlySpan<byte> bytes)
    {
        _block ??= _pool.Rent();
        var count = Math.Min(bytes.Length, Http1ConnectReader.MaxBytes - _length);
        bytes[..count].CopyTo(_block.Array.AsSpan(_length));
        _length += count;
        return _block.Array.AsSpan(0, _length);
    }
}
