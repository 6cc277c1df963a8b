using System.Buffers.Binary;

namespace ActorTunnel.Http2.Frames;

/// <summary>
/// A SETTINGS frame (RFC 9113 §6.5): entries of six bytes, or an empty acknowledgement. The entries are a view of the caller's bytes,
/// read one after the other in the order of the wire.
/// </summary>
public readonly ref struct SettingsFrame
{
    /// <summary>Payload bytes of one entry.</summary>
    public const int EntrySize = 6;

    /// <summary>
    /// Entries that we take in one frame: there are seven settings, and each entry costs work while its bytes are cheap (CVE-2019-9515).
    /// </summary>
    public const int MaxEntries = 32;

    private readonly ReadOnlySpan<byte> _payload;

    private SettingsFrame(ReadOnlySpan<byte> payload, bool ack)
    {
        _payload = payload;
        Ack = ack;
    }

    /// <summary>Whether this acknowledges ours.</summary>
    public bool Ack { get; }

    /// <summary>Entries.</summary>
    public int Count => _payload.Length / EntrySize;

    /// <summary>The entry at <paramref name="index"/>.</summary>
    public Setting this[int index]
    {
        get
        {
            var entry = _payload[(index * EntrySize)..];
            return new Setting(
                (SettingId)BinaryPrimitives.ReadUInt16BigEndian(entry), BinaryPrimitives.ReadUInt32BigEndian(entry[2..]));
        }
    }

    /// <summary>Checks what the nine bytes alone can tell.</summary>
    public static Http2Error CheckHeader(FrameHeader header)
    {
        if (header.StreamId != 0)
        {
            return Http2Error.Connection(ErrorCode.ProtocolError, "SETTINGS on a stream");
        }

        if (header.Has(FrameFlags.Ack) && header.Length != 0)
        {
            return Http2Error.Connection(ErrorCode.FrameSizeError, "an acknowledgement of SETTINGS is not empty");
        }

        if (header.Length % EntrySize != 0)
        {
            return Http2Error.Connection(ErrorCode.FrameSizeError, "SETTINGS is not a multiple of 6 bytes long");
        }

        return header.Length > MaxEntries * EntrySize
            ? Http2Error.Connection(ErrorCode.EnhanceYourCalm, "SETTINGS of more than 32 entries")
            : Http2Error.None;
    }

    /// <summary>Reads a frame whose header was checked; <paramref name="payload"/> has the header's length.</summary>
    public static SettingsFrame Parse(FrameHeader header, ReadOnlySpan<byte> payload) => new(payload, header.Has(FrameFlags.Ack));

    /// <summary>Bytes that a frame of <paramref name="entries"/> entries takes, the header included.</summary>
    public static int WrittenSize(int entries) => FrameHeader.Size + (entries * EntrySize);

    /// <summary>Writes header and entries.</summary>
    public static void Write(Span<byte> destination, ReadOnlySpan<Setting> settings)
    {
        new FrameHeader(settings.Length * EntrySize, FrameType.Settings, FrameFlags.None, 0).Write(destination);
        var entry = destination[FrameHeader.Size..];
        foreach (var setting in settings)
        {
            BinaryPrimitives.WriteUInt16BigEndian(entry, (ushort)setting.Id);
            BinaryPrimitives.WriteUInt32BigEndian(entry[2..], setting.Value);
            entry = entry[EntrySize..];
        }
    }

    /// <summary>Writes an acknowledgement, 9 bytes.</summary>
    public static void WriteAck(Span<byte> destination) =>
        new FrameHeader(0, FrameType.Settings, FrameFlags.Ack, 0).Write(destination);
}
