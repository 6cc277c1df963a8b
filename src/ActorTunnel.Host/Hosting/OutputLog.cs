using System.Text;
using System.Threading.Channels;

namespace ActorTunnel.Host.Hosting;

/// <summary>
/// Lines for standard output from any thread, none of which ever waits for it: a bounded queue, written by a thread of its own. When the reader
/// of the output is too slow, lines are dropped; how many is said on standard error.
/// </summary>
/// <remarks>A thread, not a task: the pool's threads look for more to do before they sleep, which cost more than the lines.</remarks>
internal sealed class OutputLog : IAsyncDisposable
{
    /// <summary>Lines that may wait; a few megabytes at most.</summary>
    public const int Capacity = 8_192;

    // One write takes many lines, and a pipe's 64 KiB is what a reader gets at once anyhow.
    private const int BatchLength = 64 * 1024;

    // Lines that come meanwhile are written together: each wake-up of a thread for one of them would cost as much as a good part of a tunnel.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(5);

    // An output that nobody reads must not keep the process.
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(2);

    // Who writes the first line wakes the thread itself, and not by the pool.
    private readonly Channel<Func<string>> _lines =
        Channel.CreateBounded<Func<string>>(new BoundedChannelOptions(Capacity) { SingleReader = true, AllowSynchronousContinuations = true });

    private readonly TextWriter _output;
    private readonly TextWriter _error;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _dropped;

    /// <param name="output">Written by one thread at a time; stays the caller's.</param>
    /// <param name="error">Told of dropped lines.</param>
    public OutputLog(TextWriter output, TextWriter error)
    {
        _output = output;
        _error = error;
        new Thread(Run) { Name = "output", IsBackground = true }.Start();
    }

    /// <summary>Queues a line; it is made by the writing thread.</summary>
    public void Write(Func<string> line)
    {
        if (!_lines.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <inheritdoc cref="Write(Func{string})"/>
    public void Write(string line) => Write(() => line);

    /// <summary>Writes what is queued, waiting at most two seconds for the reader of the output.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.Complete();
        try
        {
            await _ended.Task.WaitAsync(FlushTimeout);
        }
        catch (TimeoutException)
        {
            // Its thread is left behind in a write that does not return.
            await _error.WriteLineAsync("log: standard output takes no more; its last lines are lost");
        }
    }

    private void Run()
    {
        try
        {
            WriteAll();
            _ended.SetResult();
        }
#pragma warning disable CA1031 // A line that cannot be made must not end the process; whoever disposes of the log hears of it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _ended.SetException(exception);
        }
    }

    private void WriteAll()
    {
        var batch = new StringBuilder();
        while (_lines.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            var count = 0;
            while (batch.Length < BatchLength && _lines.Reader.TryRead(out var line))
            {
                batch.Append(line()).Append('\n');
                count++;
            }

            var isAll = batch.Length < BatchLength;
            TryWrite(batch, count);
            batch.Clear();
            if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
            {
                _error.WriteLine($"log: standard output is too slow; {dropped} lines were dropped");
            }

            if (isAll)
            {
                Thread.Sleep(Gathering);
            }
        }
    }

    private void TryWrite(StringBuilder batch, int count)
    {
        try
        {
            _output.Write(batch);
            _output.Flush();
        }
        catch (IOException exception)
        {
            // A full disk, for one: tunnels go on without their log.
            _error.WriteLine($"log: {count} lines were lost: {exception.Message}");
        }
    }
}
