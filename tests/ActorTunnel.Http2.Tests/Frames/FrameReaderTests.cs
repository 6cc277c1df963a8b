using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Tests.Session;
using Xunit;

namespace ActorTunnel.Http2.Tests.Frames;

public sealed class FrameReaderTests
{
    private readonly BufferPool _pool = new();

    [Fact]
    public void A_payload_that_lies_in_one_slice_is_read_in_place()
    {
        using (var reader = new FrameReader(_pool))
        {
            var slice = Slices.From(_pool, Wire.Ping(42));
            var rented = _pool.Rented;
            reader.Append(slice);

            Assert.True(reader.TryReadHeader(out var header));
            Assert.True(reader.TryReadPayload(header.Length, out var payload));
            Assert.True(payload.Overlaps(slice.Block!.Array));
            Assert.Equal(rented, _pool.Rented);
        }

        Assert.Equal(_pool.Rented, _pool.Returned);
    }

    [Fact]
    public void A_payload_that_is_split_is_gathered()
    {
        using (var reader = new FrameReader(_pool))
        {
            var bytes = Wire.Ping(0x0102030405060708);
            foreach (var one in bytes[..^1])
            {
                reader.Append(Slices.From(_pool, [one]));
            }

            Assert.True(reader.TryReadHeader(out var header));
            Assert.False(reader.TryReadPayload(header.Length, out _));
            reader.Append(Slices.From(_pool, bytes.AsSpan(^1)));
            Assert.True(reader.TryReadPayload(header.Length, out var payload));
            Assert.Equal("0102030405060708", Convert.ToHexString(payload));
        }

        Assert.Equal(_pool.Rented, _pool.Returned);
    }

    [Fact]
    public void Between_frames_no_buffer_is_held()
    {
        using var reader = new FrameReader(_pool);
        var bytes = Wire.Ping(1);
        reader.Append(Slices.From(_pool, bytes.AsSpan(0, 12)));
        reader.Append(Slices.From(_pool, bytes.AsSpan(12)));
        Assert.True(reader.TryReadHeader(out var header));
        Assert.True(reader.TryReadPayload(header.Length, out _));

        Assert.False(reader.TryReadHeader(out _));

        Assert.Equal(_pool.Rented, _pool.Returned);
    }

    [Fact]
    public void Data_is_passed_on_as_it_lies_and_without_a_copy()
    {
        using (var reader = new FrameReader(_pool))
        {
            var first = Slices.From(_pool, [1, 2, 3, 4, 5]);
            reader.Append(first);
            reader.Append(Slices.From(_pool, [6, 7]));

            Assert.True(reader.TryTakePiece(3, out var a));
            Assert.True(reader.TryTakePiece(100, out var b));
            Assert.True(reader.TryTakePiece(100, out var c));
            Assert.False(reader.TryTakePiece(100, out _));

            Assert.Same(first.Block, a.Block);
            Assert.Same(first.Block, b.Block);
            Assert.Equal([1, 2, 3], a.Span.ToArray());
            Assert.Equal([4, 5], b.Span.ToArray());
            Assert.Equal([6, 7], c.Span.ToArray());
            a.Dispose();
            b.Dispose();
            c.Dispose();
        }

        Assert.Equal(_pool.Rented, _pool.Returned);
    }

    [Fact]
    public void Empty_slices_are_passed_over()
    {
        using (var reader = new FrameReader(_pool))
        {
            reader.Append(Slices.From(_pool, []));
            reader.Append(Slices.From(_pool, Wire.SettingsAck));
            reader.Append(Slices.From(_pool, []));

            Assert.True(reader.TryReadHeader(out var header));
            Assert.Equal(FrameType.Settings, header.Type);
            Assert.Equal(0, reader.Skip(10));
        }

        Assert.Equal(_pool.Rented, _pool.Returned);
    }

    [Fact]
    public void What_was_not_read_is_given_back()
    {
        var reader = new FrameReader(_pool);
        reader.Append(Slices.From(_pool, Wire.Ping(1).AsSpan(0, 13)));
        reader.Append(Slices.From(_pool, [1]));
        reader.TryReadHeader(out var header);
        reader.TryReadPayload(header.Length, out _);
        reader.Append(Slices.From(_pool, [1, 2, 3]));

        reader.Dispose();

        Assert.Equal(_pool.Rented, _pool.Returned);
    }
}
