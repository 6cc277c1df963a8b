namespace ActorTunnel.Http2.Hpack;

/// <summary>
/// The dynamic table (RFC 7541 §2.3.2, §4): a ring of fields, newest first, whose sizes sum up to at most <see cref="MaxSize"/>.
/// </summary>
internal sealed class DynamicTable
{
    /// <summary>The size of both tables until SETTINGS_HEADER_TABLE_SIZE says otherwise (RFC 9113 §6.5.2), and the most that we use.</summary>
    public const int DefaultMaxSize = 4096;

    // The length is 0 or a power of two. It grows on demand: most sessions index a few fields only.
    private HeaderField[] _ring = [];
    private int _oldest;

    /// <param name="maxSize">Octets, counted by <see cref="HeaderField.Size"/>.</param>
    public DynamicTable(int maxSize)
    {
        MaxSize = maxSize;
    }

    /// <summary>How many entries there are.</summary>
    public int Count { get; private set; }

    /// <summary>The sum of the sizes of the entries, in octets.</summary>
    public int Size { get; private set; }

    /// <summary>The most that <see cref="Size"/> may be, in octets.</summary>
    public int MaxSize { get; private set; }

    /// <summary>The entry at <paramref name="index"/>, where 0 is the newest and <see cref="Count"/> − 1 the oldest.</summary>
    public HeaderField this[int index] => _ring[(_oldest + Count - 1 - index) & (_ring.Length - 1)];

    /// <summary>
    /// Evicts what is needed and adds the field as the newest. One that is larger than the table empties it and is not added; that is
    /// no error (RFC 7541 §4.4).
    /// </summary>
    public void Add(in HeaderField field)
    {
        while (Count > 0 && Size + field.Size > MaxSize)
        {
            EvictOldest();
        }

        if (field.Size > MaxSize)
        {
            return;
        }

        if (Count == _ring.Length)
        {
            Grow();
        }

        _ring[(_oldest + Count) & (_ring.Length - 1)] = field;
        Count++;
        Size += field.Size;
    }

    /// <summary>Removes the oldest entry of a table that is not empty, and returns it.</summary>
    public HeaderField EvictOldest()
    {
        var evicted = _ring[_oldest];
        _ring[_oldest] = default;
        _oldest = (_oldest + 1) & (_ring.Length - 1);
        Count--;
        Size -= evicted.Size;
        return evicted;
    }

    /// <summary>Sets <see cref="MaxSize"/>, and evicts until the entries fit (RFC 7541 §4.3).</summary>
    public void Resize(int maxSize)
    {
        MaxSize = maxSize;
        while (Size > MaxSize)
        {
            EvictOldest();
        }
    }

    private void Grow()
    {
        var ring = new HeaderField[Math.Max(8, _ring.Length * 2)];
        for (var i = 0; i < Count; i++)
        {
            ring[i] = _ring[(_oldest + i) & (_ring.Length - 1)];
        }

        _ring = ring;
        _oldest = 0;
    }
}
