using System.Buffers.Binary;

namespace ActorTunnel.Transport.Heads;

/// <summary>Takes numbers and length-prefixed vectors, in network byte order, off the front of a span; says false where it is too short.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Whether everything was taken.</summary>
    public readonly bool IsEmpty => _rest.IsEmpty;

    /// <summary>Bytes not yet taken.</summary>
    public readonly int Remaining => _rest.Length;

    public bool TryRead(int count, out ReadOnlySpan<byte> bytes)
    {
        if (_rest.Length < count)
        {
            bytes = default;
            return false;
        }

        bytes = _rest[..count];
        _rest = _rest[count..];
        return true;
    }

    public bool TryReadByte(out byte value)
    {
        var read = TryRead(1, out var bytes);
        value = read ? bytes[0] : (byte)0;
        return read;
    }

    public bool TryReadUInt16(out ushort value)
    {
        var read = TryRead(2, out var bytes);
        value = read ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : (ushort)0;
        return read;
    }

    /// <summary>A vector with one octet of length in front.</summary>
    public bool TryReadVector8(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        return TryReadByte(out var length) && TryRead(length, out bytes);
    }

    /// <summary>A vector with two octets of length in front.</summary>
    public bool TryReadVector16(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        return TryReadUInt16(out var length) && TryRead(length, out bytes);
    }
}
