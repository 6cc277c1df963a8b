using ActorTunnel.Http2.Buffers;
using ActorTunnel.TestSupport.Bytes;
using Xunit.Sdk;

namespace ActorTunnel.TestSupport.Streams;

/// <summary>
/// What a test does at a <see cref="HandStage"/> and sees there. Commands are carried out in order in the stage; what is awaited
/// fails the test after <see cref="StageTest.Patience"/>.
/// </summary>
public sealed class Hand
{
    private readonly object _gate = new();
    private readonly BufferPool _pool;
    private readonly IControl _control;
    private readonly List<byte[]> _received = [];
    private int _receivedBytes;
    private int _demands;
    private int _given;
    private bool _ended;
    private bool _stopped;
    private Exception? _failure;
    private Exception? _cancelled;

    internal Hand(BufferPool pool, IControl control)
    {
        _pool = pool;
        _control = control;
    }

    internal interface IControl
    {
        void Give(SliceQueue slices);

        void Complete();

        void CompleteNow();

        void Fail(Exception cause);

        void FailNow(Exception cause);

        void Take(long elements);

        void Cancel(Exception cause);

        void Run(Action action);

        void TakeAfter(Action action);
    }

    /// <summary>How often the other side asked for an element.</summary>
    public int Demands
    {
        get
        {
            lock (_gate)
            {
                return _demands;
            }
        }
    }

    /// <summary>Bytes received and not yet expected.</summary>
    public int PendingBytes
    {
        get
        {
            lock (_gate)
            {
                return _receivedBytes;
            }
        }
    }

    /// <summary>Elements received whose bytes were not yet expected.</summary>
    public IReadOnlyList<int> PendingElements
    {
        get
        {
            lock (_gate)
            {
                return _received.Select(element => element.Length).ToArray();
            }
        }
    }

    /// <summary>Elements that the other side took.</summary>
    public int GivenElements
    {
        get
        {
            lock (_gate)
            {
                return _given;
            }
        }
    }

    /// <summary>Whether the other side has ended what it sends, cleanly or not.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_gate)
            {
                return _ended;
            }
        }
    }

    /// <summary>Whether the other side has cancelled what it receives.</summary>
    public bool IsCancelled
    {
        get
        {
            lock (_gate)
            {
                return _cancelled is not null;
            }
        }
    }

    /// <summary>Gives an element when it is asked for.</summary>
    public void Give(ReadOnlySpan<byte> bytes) => _control.Give(_pool.Slices(bytes));

    /// <summary>Gives an element of these slices, which are the stage's from now on.</summary>
    public void Give(SliceQueue slices) => _control.Give(slices);

    /// <summary>Ends cleanly, when all that was given has been taken.</summary>
    public void Complete() => _control.Complete();

    /// <summary>Ends cleanly without waiting for a demand, as a stage may.</summary>
    public void CompleteNow() => _control.CompleteNow();

    /// <summary>Fails, when all that was given has been taken.</summary>
    public void Fail(Exception cause) => _control.Fail(cause);

    /// <summary>Fails at once.</summary>
    public void FailNow(Exception cause) => _control.FailNow(cause);

    /// <summary>Asks for so many elements.</summary>
    public void Take(long elements = 1) => _control.Take(elements);

    /// <summary>Asks for elements from now on.</summary>
    public void TakeAll() => _control.Take(int.MaxValue);

    /// <summary>Runs something in the stages' own thread, and asks for an element in that same turn, before they hear of anything else.</summary>
    public void TakeAfter(Action action) => _control.TakeAfter(action);

    /// <summary>Wants no more.</summary>
    public void Cancel(Exception? cause = null) => _control.Cancel(cause ?? new InvalidOperationException("cancelled by the test"));

    /// <summary>
    /// Waits until the stages have done whatever was posted to them so far. Where this end's stage has stopped there is nothing to wait for.
    /// </summary>
    public void Settle()
    {
        var done = false;
        _control.Run(() => Note(() => done = true));
        lock (_gate)
        {
            AwaitLocked(() => done || _stopped, "the stages' turn");
        }
    }

    /// <summary>Takes the bytes that have come so far.</summary>
    public byte[] TakePending()
    {
        lock (_gate)
        {
            return TakeReceived();
        }
    }

    /// <summary>Waits for so many bytes and takes them.</summary>
    public byte[] ExpectBytes(int count)
    {
        lock (_gate)
        {
            AwaitLocked(() => _receivedBytes >= count || _ended || _stopped, $"{count} bytes");
            if (_receivedBytes < count)
            {
                throw new XunitException($"Only {_receivedBytes} of {count} bytes came before the end ({_failure?.Message ?? "clean"}).");
            }

            var all = _received.SelectMany(static element => element).ToArray();
            _received.Clear();
            _receivedBytes -= count;
            if (all.Length > count)
            {
                _received.Add(all[count..]);
            }

            return all[..count];
        }
    }

    /// <summary>Waits for a clean end and returns the bytes before it.</summary>
    public byte[] ExpectEnd()
    {
        lock (_gate)
        {
            AwaitLocked(() => _ended || _stopped, "a clean end");
            if (!_ended || _failure is not null)
            {
                throw new XunitException($"Not a clean end: {_failure?.ToString() ?? "the stage was stopped"}");
            }

            return TakeReceived();
        }
    }

    /// <summary>Waits for a failure of a kind.</summary>
    public T ExpectFailure<T>()
        where T : Exception
    {
        lock (_gate)
        {
            AwaitLocked(() => _ended || _stopped, "a failure");
            return _failure as T ?? throw new XunitException($"Not a {typeof(T).Name}: {_failure?.ToString() ?? "a clean end"}");
        }
    }

    /// <summary>Waits until the other side wants no more.</summary>
    public Exception ExpectCancelled()
    {
        lock (_gate)
        {
            AwaitLocked(() => _cancelled is not null, "a cancellation");
            return _cancelled!;
        }
    }

    /// <summary>Waits until the other side asked so many times in all.</summary>
    public void ExpectDemands(int count)
    {
        lock (_gate)
        {
            AwaitLocked(() => _demands >= count, $"{count} demands");
        }
    }

    /// <summary>Waits until the other side took so many elements in all.</summary>
    public void ExpectGiven(int count)
    {
        lock (_gate)
        {
            AwaitLocked(() => _given >= count, $"{count} elements to be taken");
        }
    }

    internal void Received(SliceQueue slices) => Note(() =>
    {
        var bytes = slices.Drain();
        _received.Add(bytes);
        _receivedBytes += bytes.Length;
    });

    internal void Ended(Exception? failure) => Note(() =>
    {
        _ended = true;
        _failure = failure;
    });

    internal void Demanded() => Note(() => _demands++);

    internal void Given() => Note(() => _given++);

    internal void WasCancelled(Exception cause) => Note(() => _cancelled = cause);

    internal void Stopped() => Note(() => _stopped = true);

    private byte[] TakeReceived()
    {
        var all = _received.SelectMany(static element => element).ToArray();
        _received.Clear();
        _receivedBytes = 0;
        return all;
    }

    private void Note(Action change)
    {
        lock (_gate)
        {
            change();
            Monitor.PulseAll(_gate);
        }
    }

    private void AwaitLocked(Func<bool> condition, string what)
    {
        var deadline = Environment.TickCount64 + (long)StageTest.Patience.TotalMilliseconds;
        while (!condition())
        {
            var left = deadline - Environment.TickCount64;
            if (left <= 0 || !Monitor.Wait(_gate, TimeSpan.FromMilliseconds(left)))
            {
                throw new XunitException(
                    $"Waited in vain for {what}: {_receivedBytes} bytes pending, ended {_ended}, failure {_failure?.Message}, "
                    + $"{_demands} demands, {_given} given, cancelled {_cancelled?.Message}.");
            }
        }
    }
}
