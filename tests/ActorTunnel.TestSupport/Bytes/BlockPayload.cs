using System.Buffers.Binary;
using System.Numerics;

namespace ActorTunnel.TestSupport.Bytes;

/// <summary>
/// The bytes of one direction of one tunnel, as blocks that say where they belong: whoever finds one in the wrong place knows where it
/// came from. The stream may be cut anywhere, also inside its last block.
/// <code>
///   0       4          5       8              16                   252        256
///   │ tunnel│ direction│ mark  │ offset of the │ pseudo-random bytes │ CRC-32C │   little endian; the CRC covers all before it
///   │       │          │       │ block         │ (Payload)           │         │
/// </code>
/// </summary>
/// <param name="Tunnel">Any number.</param>
/// <param name="Direction">Which of the tunnel's two streams.</param>
public readonly record struct BlockPayload(int Tunnel, TunnelDirection Direction)
{
    /// <summary>Bytes in a block.</summary>
    public const int BlockSize = 256;

    private const int HeaderSize = 16;
    private const int CrcAt = BlockSize - 4;
    private const uint Mark = 0x4B4C42; // Three bytes behind the direction's.

    /// <summary>Writes the bytes at <paramref name="offset"/> and after it.</summary>
    public void Fill(long offset, Span<byte> into)
    {
        Span<byte> block = stackalloc byte[BlockSize];
        while (!into.IsEmpty)
        {
            var skip = (int)(offset % BlockSize);
            var count = Math.Min(BlockSize - skip, into.Length);
            if (count == BlockSize)
            {
                WriteBlock(offset, into[..BlockSize]);
            }
            else
            {
                WriteBlock(offset - skip, block);
                block.Slice(skip, count).CopyTo(into);
            }

            into = into[count..];
            offset += count;
        }
    }

    /// <summary>The bytes at <paramref name="offset"/> and after it.</summary>
    public byte[] Bytes(long offset, int length)
    {
        var bytes = new byte[length];
        Fill(offset, bytes);
        return bytes;
    }

    /// <summary>Whether these bytes begin with a whole block of whatever tunnel, and which block that is.</summary>
    public static bool TryReadBlock(ReadOnlySpan<byte> bytes, out BlockPayload payload, out long offset)
    {
        payload = default;
        offset = 0;
        if (bytes.Length < BlockSize)
        {
            return false;
        }

        var tagged = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (tagged >> 8 != Mark || (tagged & 0xFF) > (uint)TunnelDirection.ToApplication
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcAt..]) != Crc(bytes[..CrcAt]))
        {
            return false;
        }

        payload = new BlockPayload(BinaryPrimitives.ReadInt32LittleEndian(bytes), (TunnelDirection)(tagged & 0xFF));
        offset = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]);
        return true;
    }

    /// <summary><c>tunnel 7, to origin</c>.</summary>
    public override string ToString() => $"tunnel {Tunnel}, {(Direction == TunnelDirection.ToOrigin ? "to origin" : "to application")}";

    private void WriteBlock(long offset, Span<byte> block)
    {
        BinaryPrimitives.WriteInt32LittleEndian(block, Tunnel);
        BinaryPrimitives.WriteUInt32LittleEndian(block[4..], (Mark << 8) | (uint)Direction);
        BinaryPrimitives.WriteInt64LittleEndian(block[8..], offset);
        Payload.Fill(unchecked((2 * Tunnel) + (int)Direction), offset, block[HeaderSize..CrcAt]);
        BinaryPrimitives.WriteUInt32LittleEndian(block[CrcAt..], Crc(block[..CrcAt]));
    }

    /// <summary>CRC-32C of a multiple of four bytes.</summary>
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        return ~BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt32LittleEndian(bytes));
    }
}
