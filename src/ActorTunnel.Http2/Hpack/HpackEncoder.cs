using System.Buffers;
using System.Text;

namespace ActorTunnel.Http2.Hpack;

/// <summary>
/// Encodes the header blocks of one connection, which must be sent in the order in which they were encoded (RFC 7541 §2.2).
/// Not safe for several threads.
/// </summary>
public sealed class HpackEncoder
{
    private const int MaxSizeUpdates = 2;

    private readonly int _maxTableSize;
    private readonly EncoderTable _table;

    // The table size that the next block announces, and the smallest that was in force since the last one. Both equal the table's
    // size when there is nothing to announce.
    private int _announcedSize;
    private int _smallestSize;

    /// <param name="maxTableSize">
    /// Octets, 0–4,096: what we spend on the table at most. Less than 4,096 is announced by the first block.
    /// </param>
    public HpackEncoder(int maxTableSize = DynamicTable.DefaultMaxSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxTableSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxTableSize, DynamicTable.DefaultMaxSize);
        _maxTableSize = maxTableSize;
        _table = new EncoderTable(DynamicTable.DefaultMaxSize);
        _announcedSize = maxTableSize;
        _smallestSize = maxTableSize;
    }

    internal DynamicTable Table => _table.Dynamic;

    /// <summary>
    /// The peer's SETTINGS_HEADER_TABLE_SIZE. The table's size becomes the smaller of it and ours; a change is announced at the start
    /// of the next block, after the smallest size that was in force meanwhile (RFC 7541 §4.2).
    /// </summary>
    /// <param name="bytes">Octets.</param>
    public void SetPeerMaxTableSize(uint bytes)
    {
        _announcedSize = (int)Math.Min(bytes, (uint)_maxTableSize);
        _smallestSize = Math.Min(_smallestSize, _announcedSize);
    }

    /// <summary>
    /// Writes one complete header block. <c>authorization</c>, <c>cookie</c>, <c>set-cookie</c>, <c>proxy-authorization</c> and fields
    /// with <see cref="HeaderField.NeverIndexed"/> become never-indexed literals.
    /// </summary>
    /// <param name="fields">The header list, pseudo-header fields first.</param>
    /// <param name="output">Gets the octets; it stays the caller's.</param>
    /// <exception cref="ArgumentException">A name or value has a char above 255; nothing was written.</exception>
    public void Encode(ReadOnlySpan<HeaderField> fields, IBufferWriter<byte> output)
    {
        foreach (ref readonly var field in fields)
        {
            ThrowIfNotOctets(field.Name);
            ThrowIfNotOctets(field.Value);
        }

        WriteSizeUpdates(output);
        foreach (ref readonly var field in fields)
        {
            WriteField(field, output);
        }
    }

    private static void ThrowIfNotOctets(string text)
    {
        var bits = 0;
        foreach (var octet in text)
        {
            bits |= octet;
        }

        if (bits > byte.MaxValue)
        {
            throw new ArgumentException("A header field holds octets only: no char above 255.", nameof(text));
        }
    }

    // What is guessable octet by octet through the size of a block must not be in a table (RFC 7541 §7.1).
    private static bool IsSensitive(in HeaderField field) =>
        field.NeverIndexed || field.Name is "authorization" or "cookie" or "set-cookie" or "proxy-authorization";

    private void WriteSizeUpdates(IBufferWriter<byte> output)
    {
        var current = _table.Dynamic.MaxSize;
        if (_announcedSize == current && _smallestSize == current)
        {
            return;
        }

        var span = output.GetSpan(MaxSizeUpdates * IntegerCodec.MaxLength);
        var written = 0;
        if (_smallestSize < current && _smallestSize < _announcedSize)
        {
            written += IntegerCodec.Write(span, 0x20, 5, _smallestSize);
            _table.Resize(_smallestSize);
        }

        written += IntegerCodec.Write(span[written..], 0x20, 5, _announcedSize);
        _table.Resize(_announcedSize);
        _smallestSize = _announcedSize;
        output.Advance(written);
    }

    private void WriteField(in HeaderField field, IBufferWriter<byte> output)
    {
        // Three integers at most: the index, and the lengths of name and value. Huffman is used where it makes a string shorter.
        var span = output.GetSpan((3 * IntegerCodec.MaxLength) + field.Name.Length + field.Value.Length);
        output.Advance(WriteField(field, span));
    }

    private int WriteField(in HeaderField field, Span<byte> span)
    {
        var match = _table.Find(field);
        if (IsSensitive(field))
        {
            return WriteLiteral(span, 0x10, 4, match.NameIndex, field);
        }

        if (match.FieldIndex != 0)
        {
            return IntegerCodec.Write(span, 0x80, 7, match.FieldIndex);
        }

        // A field that would push out more than half of the table is not worth its place.
        if (field.Size > _table.Dynamic.MaxSize / 2)
        {
            return WriteLiteral(span, 0x00, 4, match.NameIndex, field);
        }

        _table.Insert(field);
        return WriteLiteral(span, 0x40, 6, match.NameIndex, field);
    }

    private static int WriteLiteral(Span<byte> span, byte pattern, int prefixBits, int nameIndex, in HeaderField field)
    {
        var written = IntegerCodec.Write(span, pattern, prefixBits, nameIndex);
        if (nameIndex == 0)
        {
            written += WriteString(span[written..], field.Name);
        }

        return written + WriteString(span[written..], field.Value);
    }

    private static int WriteString(Span<byte> span, string text)
    {
        var huffmanLength = HuffmanEncoder.EncodedLength(text);
        if (huffmanLength < text.Length)
        {
            var prefix = IntegerCodec.Write(span, 0x80, 7, huffmanLength);
            HuffmanEncoder.Encode(text, span.Slice(prefix, huffmanLength));
            return prefix + huffmanLength;
        }

        var length = IntegerCodec.Write(span, 0x00, 7, text.Length);
        return length + Encoding.Latin1.GetBytes(text, span[length..]);
    }
}
