using System.Buffers.Binary;
using System.Text;
using ActorTunnel.Http2.Frames;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>A frame as the test peer sees it, read and written without the code under test.</summary>
public sealed record WireFrame(byte Type, byte Flags, int StreamId, byte[] Payload)
{
    public bool EndStream => (Flags & 0x1) != 0;

    public bool Ack => (Flags & 0x1) != 0;

    public bool EndHeaders => (Flags & 0x4) != 0;

    public FrameType FrameType => (FrameType)Type;

    /// <summary>The number at <paramref name="offset"/> of the payload.</summary>
    public uint UInt32(int offset = 0) => BinaryPrimitives.ReadUInt32BigEndian(Payload.AsSpan(offset));

    public byte[] ToBytes()
    {
        var bytes = new byte[9 + Payload.Length];
        bytes[0] = (byte)(Payload.Length >> 16);
        bytes[1] = (byte)(Payload.Length >> 8);
        bytes[2] = (byte)Payload.Length;
        bytes[3] = Type;
        bytes[4] = Flags;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(5), StreamId);
        Payload.CopyTo(bytes, 9);
        return bytes;
    }

    /// <summary>Cuts whole frames off the front of <paramref name="bytes"/>.</summary>
    public static List<WireFrame> ReadAll(ReadOnlySpan<byte> bytes, out int used)
    {
        var frames = new List<WireFrame>();
        used = 0;
        while (bytes.Length >= 9)
        {
            var length = (bytes[0] << 16) + (bytes[1] << 8) + bytes[2];
            if (bytes.Length < 9 + length)
            {
                break;
            }

            frames.Add(new WireFrame(
                bytes[3], bytes[4], BinaryPrimitives.ReadInt32BigEndian(bytes[5..]), bytes.Slice(9, length).ToArray()));
            bytes = bytes[(9 + length)..];
            used += 9 + length;
        }

        return frames;
    }

    public override string ToString() =>
        $"{FrameType} flags={Flags:x2} stream={StreamId} {Payload.Length} bytes {Convert.ToHexString(Payload.AsSpan(0, Math.Min(24, Payload.Length)))}";
}

/// <summary>Frames that a test peer sends, each as bytes.</summary>
public static class Wire
{
    public static byte[] Preface => Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    public static byte[] Frame(FrameType type, int flags, int streamId, params byte[] payload) =>
        new WireFrame((byte)type, (byte)flags, streamId, payload).ToBytes();

    public static byte[] Settings(params (int Id, uint Value)[] entries)
    {
        var payload = new byte[entries.Length * 6];
        for (var i = 0; i < entries.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(i * 6), (ushort)entries[i].Id);
            BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan((i * 6) + 2), entries[i].Value);
        }

        return Frame(FrameType.Settings, 0, 0, payload);
    }

    public static byte[] SettingsAck => Frame(FrameType.Settings, 1, 0);

    public static byte[] Headers(int streamId, (string Name, string Value)[] fields, bool endStream = false, bool endHeaders = true) =>
        Frame(FrameType.Headers, (endStream ? 1 : 0) | (endHeaders ? 4 : 0), streamId, Block(fields));

    public static byte[] Continuation(int streamId, byte[] fragment, bool endHeaders = true) =>
        Frame(FrameType.Continuation, endHeaders ? 4 : 0, streamId, fragment);

    public static byte[] Data(int streamId, byte[] payload, bool endStream = false, int? padding = null)
    {
        var end = endStream ? 1 : 0;
        return padding is { } pad
            ? Frame(FrameType.Data, end | 8, streamId, [(byte)pad, .. payload, .. new byte[pad]])
            : Frame(FrameType.Data, end, streamId, payload);
    }

    public static byte[] WindowUpdate(int streamId, int increment) => Frame(FrameType.WindowUpdate, 0, streamId, BigEndian(increment));

    public static byte[] Reset(int streamId, ErrorCode code) => Frame(FrameType.ResetStream, 0, streamId, BigEndian((int)code));

    public static byte[] Ping(long opaque, bool ack = false)
    {
        var payload = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(payload, opaque);
        return Frame(FrameType.Ping, ack ? 1 : 0, 0, payload);
    }

    public static byte[] GoAway(int lastStreamId, ErrorCode code, string debug = "") =>
        Frame(FrameType.GoAway, 0, 0, [.. BigEndian(lastStreamId), .. BigEndian((int)code), .. Encoding.ASCII.GetBytes(debug)]);

    public static byte[] Priority(int streamId, int dependsOn) => Frame(FrameType.Priority, 0, streamId, [.. BigEndian(dependsOn), 15]);

    public static byte[] BigEndian(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    /// <summary>A field block of literals that use neither table nor Huffman code (RFC 7541 §6.2.2).</summary>
    public static byte[] Block(params (string Name, string Value)[] fields)
    {
        var block = new List<byte>();
        foreach (var (name, value) in fields)
        {
            block.Add(0);
            AddString(block, name);
            AddString(block, value);
        }

        return [.. block];
    }

    private static void AddString(List<byte> block, string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        if (bytes.Length < 127)
        {
            block.Add((byte)bytes.Length);
        }
        else
        {
            block.Add(127);
            var rest = bytes.Length - 127;
            for (; rest >= 128; rest >>= 7)
            {
                block.Add((byte)((rest & 127) | 128));
            }

            block.Add((byte)rest);
        }

        block.AddRange(bytes);
    }
}
