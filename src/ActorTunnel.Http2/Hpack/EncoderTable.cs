namespace ActorTunnel.Http2.Hpack;

/// <summary>The static table and the encoder's dynamic table, searched by field and by name.</summary>
internal sealed class EncoderTable
{
    private readonly DynamicTable _table;

    // Fields and names by the number of their newest insertion. Numbers start at 1 and never repeat, so they need no renumbering
    // when the table moves on.
    private readonly Dictionary<HeaderField, long> _fields = [];
    private readonly Dictionary<string, long> _names = new(StringComparer.Ordinal);
    private long _insertions;

    /// <param name="maxSize">Octets.</param>
    public EncoderTable(int maxSize)
    {
        _table = new DynamicTable(maxSize);
    }

    /// <summary>The dynamic table, to be read only.</summary>
    public DynamicTable Dynamic => _table;

    /// <summary>Finds the field, or else an entry with its name; the static table comes first.</summary>
    public TableMatch Find(in HeaderField field)
    {
        var match = StaticTable.Find(field.Name, field.Value);
        if (match.FieldIndex != 0)
        {
            return match;
        }

        if (_fields.TryGetValue(field, out var insertion))
        {
            return new TableMatch(IndexOf(insertion), IndexOf(insertion));
        }

        if (match.NameIndex == 0 && _names.TryGetValue(field.Name, out insertion))
        {
            return new TableMatch(0, IndexOf(insertion));
        }

        return match;
    }

    /// <summary>Adds a field that is not in the table yet and is not larger than the table.</summary>
    public void Insert(in HeaderField field)
    {
        EvictUntil(_table.MaxSize - field.Size);
        _table.Add(field);
        _insertions++;
        _fields[field] = _insertions;
        _names[field.Name] = _insertions;
    }

    /// <inheritdoc cref="DynamicTable.Resize"/>
    public void Resize(int maxSize)
    {
        EvictUntil(maxSize);
        _table.Resize(maxSize);
    }

    private void EvictUntil(int size)
    {
        while (_table.Size > size)
        {
            var insertion = _insertions - _table.Count + 1;
            var evicted = _table.EvictOldest();
            _fields.Remove(evicted);
            if (_names[evicted.Name] == insertion)
            {
                _names.Remove(evicted.Name);
            }
        }
    }

    private int IndexOf(long insertion) => StaticTable.Count + 1 + (int)(_insertions - insertion);
}
