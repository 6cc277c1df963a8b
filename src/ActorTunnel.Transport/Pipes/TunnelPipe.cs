using ActorTunnel.Http2.Buffers;

namespace ActorTunnel.Transport.Pipes;

/// <summary>Whoever sums up what the consumers of pipes repay; called on their threads.</summary>
public interface IRepayable
{
    /// <summary>So many bytes were repaid to a pipe, which says how many in all.</summary>
    void Repaid(int bytes);
}

/// <summary>
/// One direction of a tunnel between its session's stage and its relay's stage, which may run on different threads: a queue of slices with one
/// producer and one consumer, bounded in bytes.
/// <code>
///   producer: TryWrite… ── Complete ──▶ Clean        consumer: MoveTo, Repay, then End == Clean with nothing queued
///                 └────── Abort ─────▶ any other end: what is queued is dropped, at once, unless Complete came first
///   consumer: Cancel ────────────────▶ CancelledBy: what is queued and written later is dropped
/// </code>
/// Each side is woken once when there is something new for it: the consumer when the pipe turns from empty to not empty or ends, the
/// producer when there is room again and when the consumer cancels. Repaid bytes are entered in the producer's ledger, which decides
/// when they are worth a wake-up.
/// </summary>
public sealed class TunnelPipe
{
    private readonly Lock _gate = new();
    private readonly SliceQueue _queue = new();
    private readonly int _capacity;
    private IWakeable? _producer;
    private IRepayable? _ledger;
    private IWakeable? _consumer;
    private bool _open;
    private bool _producerWaits;
    private int _repaid;
    private PipeEnd _end;
    private PipeEnd _cancelledBy;

    /// <param name="capacity">Bytes from which on <see cref="WantsMore"/> is false, 1 or more. A single slice may overshoot it.</param>
    /// <param name="open">Whether the consumer takes bytes from the start; see <see cref="SetOpen"/>.</param>
    public TunnelPipe(int capacity, bool open)
    {
        _capacity = capacity;
        _open = open;
    }

    /// <summary>How the producer ended it; <see cref="PipeEnd.Clean"/> says nothing about what is still queued.</summary>
    public PipeEnd End
    {
        get
        {
            lock (_gate)
            {
                return _end;
            }
        }
    }

    /// <summary>Why the consumer wants no more, or <see cref="PipeEnd.Open"/>.</summary>
    public PipeEnd CancelledBy
    {
        get
        {
            lock (_gate)
            {
                return _cancelledBy;
            }
        }
    }

    /// <summary>Producer: whether there is room. When it says no, the producer is woken once there is.</summary>
    public bool WantsMore
    {
        get
        {
            lock (_gate)
            {
                var room = _open && _queue.Bytes < _capacity && _cancelledBy == PipeEnd.Open;
                _producerWaits = !room;
                return room;
            }
        }
    }

    /// <summary>Says who is to be woken on the producer's side; called once, before it writes.</summary>
    /// <param name="producer">Woken.</param>
    /// <param name="ledger">Hears of repaid bytes; null where nobody needs to know.</param>
    public void AttachProducer(IWakeable producer, IRepayable? ledger = null)
    {
        lock (_gate)
        {
            _producer = producer;
            _ledger = ledger;
        }

        producer.Wake();
    }

    /// <summary>Says who is to be woken on the consumer's side; what came before is announced at once.</summary>
    public void AttachConsumer(IWakeable consumer)
    {
        lock (_gate)
        {
            _consumer = consumer;
        }

        consumer.Wake();
    }

    /// <summary>Producer: queues a slice, which the pipe owns from now on. After an end it is disposed, and the answer is false.</summary>
    public bool Write(Slice slice)
    {
        IWakeable? wake = null;
        var queued = false;
        lock (_gate)
        {
            if (_end == PipeEnd.Open && _cancelledBy == PipeEnd.Open)
            {
                if (_queue.IsEmpty)
                {
                    wake = _consumer;
                }

                _queue.Enqueue(slice);
                queued = true;
            }
        }

        if (!queued)
        {
            slice.Dispose();
        }

        wake?.Wake();
        return queued;
    }

    /// <summary>Producer: a clean end behind everything written so far.</summary>
    public void Complete() => EndWith(PipeEnd.Clean);

    /// <summary>Producer: any other end. Nothing happens where the pipe has ended already: a clean end keeps its bytes.</summary>
    public void Abort(PipeEnd end)
    {
        if (end is PipeEnd.Open or PipeEnd.Clean)
        {
            throw new ArgumentOutOfRangeException(nameof(end), end, "An abort needs an end that is no clean one.");
        }

        EndWith(end);
    }

    /// <summary>Consumer: moves all that is queued to <paramref name="into"/>, whose owner owns it then. Returns the bytes moved.</summary>
    /// <param name="into">Added to.</param>
    /// <param name="closeAt">So many bytes or more close the pipe in the same moment, so that the producer does not begin with the next ones.</param>
    public int MoveTo(SliceQueue into, int closeAt = int.MaxValue)
    {
        IWakeable? wake = null;
        int bytes;
        lock (_gate)
        {
            bytes = _queue.Bytes;
            _queue.MoveTo(into);
            _open &= bytes < closeAt;
            if (_producerWaits && _open)
            {
                _producerWaits = false;
                wake = _producer;
            }
        }

        wake?.Wake();
        return bytes;
    }

    /// <summary>Consumer: whether bytes are queued.</summary>
    public bool HasBytes
    {
        get
        {
            lock (_gate)
            {
                return !_queue.IsEmpty;
            }
        }
    }

    /// <summary>Consumer: says that it takes bytes at all; a closed pipe holds what it has and wants no more.</summary>
    public void SetOpen(bool open)
    {
        IWakeable? wake = null;
        lock (_gate)
        {
            _open = open;
            if (open && _producerWaits && _queue.Bytes < _capacity)
            {
                _producerWaits = false;
                wake = _producer;
            }
        }

        wake?.Wake();
    }

    /// <summary>Consumer: wants no more. What is queued is dropped.</summary>
    public void Cancel(PipeEnd reason)
    {
        IWakeable? wake;
        lock (_gate)
        {
            if (_cancelledBy != PipeEnd.Open)
            {
                return;
            }

            _cancelledBy = reason;
            _queue.Clear();
            wake = _producer;
        }

        wake?.Wake();
    }

    /// <summary>Consumer: so many bytes left for good, so the producer's peer may send as many again.</summary>
    public void Repay(int bytes)
    {
        IRepayable? ledger;
        lock (_gate)
        {
            _repaid += bytes;
            ledger = _ledger;
        }

        ledger?.Repaid(bytes);
    }

    /// <summary>Producer: the bytes repaid since the last call.</summary>
    public int TakeRepaid()
    {
        lock (_gate)
        {
            var repaid = _repaid;
            _repaid = 0;
            return repaid;
        }
    }

    private void EndWith(PipeEnd end)
    {
        IWakeable? wake;
        lock (_gate)
        {
            if (_end != PipeEnd.Open)
            {
                return;
            }

            _end = end;
            if (end != PipeEnd.Clean)
            {
                _queue.Clear();
            }

            wake = _consumer;
        }

        wake?.Wake();
    }
}
