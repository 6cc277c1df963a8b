namespace ActorTunnel.Http2.Buffers;

/// <summary>
/// A first-in, first-out queue of slices that owns what it holds. Not safe for several threads.
/// <para>
/// It is also the element of every byte stream between stages: the producer fills its own queue and lends it with a push, the
/// consumer moves the slices out before it pulls again. What was not moved out stays the producer's, who disposes it in
/// <c>PostStop</c>; so no slice is lost when a stage ends between a push and the grab.
/// </para>
/// </summary>
public sealed class SliceQueue : IDisposable
{
    private Slice[] _items;
    private int _head;

    /// <param name="capacity">Slices for which there is room at first; a power of two. The queue grows as needed.</param>
    public SliceQueue(int capacity = 4)
    {
        _items = new Slice[capacity];
    }

    /// <summary>How many slices are queued.</summary>
    public int Count { get; private set; }

    /// <summary>How many bytes are queued.</summary>
    public int Bytes { get; private set; }

    /// <summary>Whether nothing is queued.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>The slice at <paramref name="index"/>, counted from the head. It stays the queue's.</summary>
    public Slice this[int index] => _items[(_head + index) & (_items.Length - 1)];

    /// <summary>Adds a slice and owns it from now on.</summary>
    public void Enqueue(Slice slice)
    {
        if (Count == _items.Length)
        {
            Grow();
        }

        _items[(_head + Count) & (_items.Length - 1)] = slice;
        Count++;
        Bytes += slice.Length;
    }

    /// <summary>Takes the first slice out; the caller owns it.</summary>
    public bool TryDequeue(out Slice slice)
    {
        if (Count == 0)
        {
            slice = default;
            return false;
        }

        slice = _items[_head];
        _items[_head] = default;
        _head = (_head + 1) & (_items.Length - 1);
        Count--;
        Bytes -= slice.Length;
        return true;
    }

    /// <summary>
    /// Takes at most <paramref name="length"/> bytes of the first slice out; the caller owns what it gets, the rest stays first.
    /// </summary>
    public bool TryDequeue(int length, out Slice slice)
    {
        if (Count == 0 || _items[_head].Length <= length)
        {
            return TryDequeue(out slice);
        }

        var first = _items[_head];
        slice = first.Share(0, length);
        _items[_head] = first.Skip(length);
        Bytes -= length;
        return true;
    }

    /// <summary>Moves everything to the end of <paramref name="other"/>.</summary>
    public void MoveTo(SliceQueue other)
    {
        while (TryDequeue(out var slice))
        {
            other.Enqueue(slice);
        }
    }

    /// <summary>Disposes what is queued. The queue can be used again.</summary>
    public void Clear()
    {
        while (TryDequeue(out var slice))
        {
            slice.Dispose();
        }
    }

    /// <inheritdoc cref="Clear"/>
    public void Dispose() => Clear();

    private void Grow()
    {
        var items = new Slice[_items.Length * 2];
        for (var i = 0; i < Count; i++)
        {
            items[i] = this[i];
        }

        _items = items;
        _head = 0;
    }
}
