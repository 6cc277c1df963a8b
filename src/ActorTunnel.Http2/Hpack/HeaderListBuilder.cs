namespace ActorTunnel.Http2.Hpack;

/// <summary>Counts the fields of one header list against the limits and stores those that are within them.</summary>
internal struct HeaderListBuilder(HeaderListLimits limits, List<HeaderField> into)
{
    private int _fields;
    private int _size;

    /// <summary>Octets that a name or value may still have before the list is excessive in any case.</summary>
    public readonly int RemainingOctets => limits.ExcessiveSize - _size;

    /// <summary>What the list is so far.</summary>
    public readonly HeaderListResult Result => IsTooLarge ? HeaderListResult.TooLarge : HeaderListResult.Ok;

    private readonly bool IsTooLarge => _fields > limits.MaxFields || _size > limits.MaxSize;

    /// <summary>Counts a field, and stores it unless it or one before it was over the limit.</summary>
    public HeaderListResult Add(in HeaderField field)
    {
        _fields++;
        if (_fields > limits.ExcessiveFields || field.Size > RemainingOctets)
        {
            return HeaderListResult.Excessive;
        }

        _size += field.Size;
        if (!IsTooLarge)
        {
            into.Add(field);
        }

        return HeaderListResult.Ok;
    }
}
