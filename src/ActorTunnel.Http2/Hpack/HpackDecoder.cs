namespace ActorTunnel.Http2.Hpack;

/// <summary>
/// Decodes the header blocks that a peer sends on one connection, in their order (RFC 7541 §3). Not safe for several threads.
/// </summary>
public sealed class HpackDecoder
{
    private const int MaxSizeUpdates = 2; // The smallest maximum since the last block, and the last one (RFC 7541 §4.2).

    private readonly HeaderListLimits _limits;
    private readonly DynamicTable _table;
    private int _maxTableSize;
    private int? _demandedTableSize;
    private HeaderListResult _failure;

    /// <param name="maxTableSize">
    /// Octets, 0–4,096: what SETTINGS_HEADER_TABLE_SIZE is for the peer from the start. That is 4,096 unless both sides know better.
    /// </param>
    /// <param name="limits">Limits of a header list; <see cref="HeaderListLimits.Default"/> when null.</param>
    public HpackDecoder(int maxTableSize = DynamicTable.DefaultMaxSize, HeaderListLimits? limits = null)
    {
        ThrowIfNotTableSize(maxTableSize);
        _limits = limits ?? HeaderListLimits.Default;
        _table = new DynamicTable(maxTableSize);
        _maxTableSize = maxTableSize;
    }

    internal DynamicTable Table => _table;

    /// <summary>
    /// The peer acknowledged our SETTINGS_HEADER_TABLE_SIZE. Where that is below the size that its encoder uses, its next block must
    /// start with a size update to the smallest value acknowledged meanwhile, or to less (RFC 7541 §4.2, RFC 9113 §4.3.1).
    /// </summary>
    /// <param name="bytes">Octets, 0–4,096.</param>
    public void SetMaxTableSize(int bytes)
    {
        ThrowIfNotTableSize(bytes);
        _maxTableSize = bytes;
        if (bytes < _table.MaxSize)
        {
            _demandedTableSize = Math.Min(_demandedTableSize ?? bytes, bytes);
        }
    }

    /// <summary>
    /// Decodes one complete header block. The whole block is decoded even when the list is too large, so that the dynamic table stays
    /// right. After a fatal result (<see cref="HeaderListResult.IsFatal"/>) the decoder is of no more use, and repeats that result.
    /// </summary>
    /// <param name="block">The fragments of HEADERS and its CONTINUATIONs, put together. Read during the call only.</param>
    /// <param name="into">Cleared first; then it gets the fields, in their order. It is empty after a fatal result.</param>
    public HeaderListResult Decode(ReadOnlySpan<byte> block, List<HeaderField> into)
    {
        into.Clear();
        if (_failure.IsFatal)
        {
            return _failure;
        }

        var reader = new HeaderBlockReader(block);
        var list = new HeaderListBuilder(_limits, into);
        var result = DecodeSizeUpdates(ref reader);
        while (!result.IsFatal && !reader.AtEnd)
        {
            result = DecodeField(ref reader, ref list);
        }

        if (result.IsFatal)
        {
            into.Clear();
            _failure = result;
            return result;
        }

        return list.Result;
    }

    private static bool IsSizeUpdate(byte first) => (first & 0xe0) == 0x20;

    private static void ThrowIfNotTableSize(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, DynamicTable.DefaultMaxSize);
    }

    /// <summary>Size updates stand at the start of a block (RFC 7541 §4.2, §6.3).</summary>
    private HeaderListResult DecodeSizeUpdates(ref HeaderBlockReader reader)
    {
        for (var updates = 1; !reader.AtEnd && IsSizeUpdate(reader.Next); updates++)
        {
            if (updates > MaxSizeUpdates)
            {
                return HeaderListResult.Failed(HpackError.TooManySizeUpdates);
            }

            var read = reader.ReadInteger(5, out var size);
            if (read.IsFatal)
            {
                return read;
            }

            if (size > (_demandedTableSize ?? _maxTableSize))
            {
                return HeaderListResult.Failed(HpackError.SizeUpdateTooLarge);
            }

            _demandedTableSize = null;
            _table.Resize(size);
        }

        return _demandedTableSize is null ? HeaderListResult.Ok : HeaderListResult.Failed(HpackError.MissingSizeUpdate);
    }

    private HeaderListResult DecodeField(ref HeaderBlockReader reader, ref HeaderListBuilder list) => reader.Next switch
    {
        >= 0x80 => DecodeIndexed(ref reader, ref list),
        >= 0x40 => DecodeLiteral(ref reader, ref list, indexBits: 6, addToTable: true, neverIndexed: false),
        >= 0x20 => HeaderListResult.Failed(HpackError.SizeUpdateMisplaced),
        >= 0x10 => DecodeLiteral(ref reader, ref list, indexBits: 4, addToTable: false, neverIndexed: true),
        _ => DecodeLiteral(ref reader, ref list, indexBits: 4, addToTable: false, neverIndexed: false),
    };

    /// <summary>RFC 7541 §6.1.</summary>
    private HeaderListResult DecodeIndexed(ref HeaderBlockReader reader, ref HeaderListBuilder list)
    {
        var read = reader.ReadInteger(7, out var index);
        if (read.IsFatal)
        {
            return read;
        }

        return TryGet(index, out var field) ? list.Add(field) : HeaderListResult.Failed(HpackError.InvalidIndex);
    }

    /// <summary>RFC 7541 §6.2: the three literals differ in the prefix of the name's index and in what becomes of the field.</summary>
    private HeaderListResult DecodeLiteral(
        ref HeaderBlockReader reader, ref HeaderListBuilder list, int indexBits, bool addToTable, bool neverIndexed)
    {
        var read = ReadName(ref reader, indexBits, list.RemainingOctets, out var name);
        if (read.IsFatal)
        {
            return read;
        }

        read = reader.ReadString(list.RemainingOctets, out var value);
        if (read.IsFatal)
        {
            return read;
        }

        var field = new HeaderField(name, value, neverIndexed);
        if (addToTable)
        {
            _table.Add(field);
        }

        return list.Add(field);
    }

    private HeaderListResult ReadName(ref HeaderBlockReader reader, int indexBits, int maxLength, out string name)
    {
        name = "";
        var read = reader.ReadInteger(indexBits, out var index);
        if (read.IsFatal)
        {
            return read;
        }

        if (index == 0)
        {
            return reader.ReadString(maxLength, out name);
        }

        if (!TryGet(index, out var field))
        {
            return HeaderListResult.Failed(HpackError.InvalidIndex);
        }

        name = field.Name;
        return HeaderListResult.Ok;
    }

    /// <summary>One index space: first the static table, then the dynamic one (RFC 7541 §2.3.3).</summary>
    private bool TryGet(int index, out HeaderField field)
    {
        if (index is > 0 and <= StaticTable.Count)
        {
            field = StaticTable.Get(index);
            return true;
        }

        var position = index - StaticTable.Count - 1;
        if (position >= 0 && position < _table.Count)
        {
            field = _table[position];
            return true;
        }

        field = default;
        return false;
    }
}
