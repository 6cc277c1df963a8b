using System.Net.Sockets;
using System.Threading.Channels;

namespace ActorTunnel.TestSupport.Network;

/// <summary>
/// One direction of a <see cref="FaultLink"/>. One task reads chunks into a bounded queue and notes when each is due, another sends them.
/// <code>
///   send:  Passing ──FIN of the sender, EndDelay──▶ Over (FIN)
///          Passing ──cut: Fin──▶ Dropping (FIN) ──end of the sender──▶ Over
///          Passing ──cut: Hang──▶ Hanging ──link ended──▶ Over
///          any ──reset of the sender, in its place; a send that fails; cut: Reset──▶ Over (the link is reset)
/// </code>
/// </summary>
internal sealed class FaultPump
{
    private const int ChunkSize = 16 * 1024;
    private const int ChunksInside = 14; // With the one being sent and the one being read: 256 KiB.
    private static readonly TimeSpan PaceGrain = TimeSpan.FromMilliseconds(5);

    private readonly FaultLink _link;
    private readonly Socket _from;
    private readonly Socket _to;
    private readonly FaultPlan _plan;
    private readonly Random _sizes;
    private readonly Random _delays;
    private readonly Action _cutReached;
    private readonly Action<int> _received;
    private readonly CutPoint.Finder? _cut;
    private readonly Channel<Chunk> _chunks = Channel.CreateBounded<Chunk>(new BoundedChannelOptions(ChunksInside) { SingleReader = true, SingleWriter = true });
    private long _lastDue;
    private long _freeAt;
    private bool _finSent;
    private bool _cutDone;

    public FaultPump(FaultLink link, Socket from, Socket to, FaultPlan plan, Random random, Action cutReached, Action<int> received)
    {
        _received = received;
        _link = link;
        _from = from;
        _to = to;
        _plan = plan;
        _sizes = new Random(random.Next());
        _delays = new Random(random.Next());
        _cutReached = cutReached;
        _cut = plan.Cut?.At.Find();
    }

    private enum ChunkKind
    {
        Bytes,
        Fin,
        Reset,
    }

    public async Task RunAsync()
    {
        var reading = ReadAsync();
        try
        {
            await WriteAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The link was reset or finished: nothing more goes this way.
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            if (!_link.Ended.IsCancellationRequested)
            {
                _link.Reset(); // The receiver reset; the sender is to know.
            }
        }

        await reading.ConfigureAwait(false);
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                var chunk = await ReceiveAsync().ConfigureAwait(false);
                _received(chunk.Bytes.Length);
                await _link.PassAsync().ConfigureAwait(false);
                await _chunks.Writer.WriteAsync(chunk, _link.Ended).ConfigureAwait(false);
                if (chunk.Kind != ChunkKind.Bytes)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The link was ended. It is read on below: unread bytes would make the socket's end a reset.
        }

        while ((await ReceiveAsync().ConfigureAwait(false)).Kind == ChunkKind.Bytes)
        {
            // Dropped.
        }
    }

    private async Task<Chunk> ReceiveAsync()
    {
        var buffer = new byte[ChunkSize];
        int count;
        try
        {
            count = await _from.ReceiveAsync(buffer).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return new Chunk(ChunkKind.Reset, default, Due());
        }

        if (count > 0)
        {
            return new Chunk(ChunkKind.Bytes, buffer.AsMemory(0, count), Due());
        }

        return new Chunk(_from.HidesAReset(() => _link.FinWasSentTo(_from)) ? ChunkKind.Reset : ChunkKind.Fin, default, Due());
    }

    private async Task WriteAsync()
    {
        await CutAsync().ConfigureAwait(false);
        while (true)
        {
            var chunk = await _chunks.Reader.ReadAsync(_link.Ended).ConfigureAwait(false);
            await UntilAsync(chunk.Due).ConfigureAwait(false);
            await _link.PassAsync().ConfigureAwait(false);
            switch (chunk.Kind)
            {
                case ChunkKind.Reset:
                    _link.Reset();
                    return;
                case ChunkKind.Fin when _finSent:
                    return;
                case ChunkKind.Fin:
                    await UntilAsync(TimeProvider.System.GetTimestamp() + Ticks(_plan.EndDelay)).ConfigureAwait(false);
                    SendFin();
                    return;
                default:
                    await PassAsync(chunk.Bytes).ConfigureAwait(false);
                    break;
            }
        }
    }

    private async Task PassAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0 && !_finSent)
        {
            var count = Math.Min(bytes.Length, _plan.Slices?.Next(_sizes) ?? bytes.Length);
            if (_plan.BytesPerSecond > 0)
            {
                count = Math.Min(count, Math.Max(1, _plan.BytesPerSecond / 100));
            }

            if (_cut is not null && !_cutDone)
            {
                count = _cut.Pass(bytes.Span[..count]);
            }

            await SendAsync(bytes[..count]).ConfigureAwait(false);
            bytes = bytes[count..];
            await CutAsync().ConfigureAwait(false);
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_plan.BytesPerSecond > 0)
        {
            await PaceAsync(bytes.Length).ConfigureAwait(false);
        }

        while (bytes.Length > 0)
        {
            bytes = bytes[await _to.SendAsync(bytes, SocketFlags.None, _link.Ended).ConfigureAwait(false)..];
        }
    }

    /// <summary>Does what is planned for this place, if it is the one.</summary>
    private async Task CutAsync()
    {
        if (_cut is null || _cutDone || !_cut.IsHere)
        {
            return;
        }

        _cutDone = true;
        _cutReached();
        switch (_plan.Cut!.Kind)
        {
            case CutKind.Hang:
                await Task.Delay(Timeout.InfiniteTimeSpan, _link.Ended).ConfigureAwait(false);
                break;
            case CutKind.Fin:
                SendFin();
                break;
            case CutKind.Reset:
                _link.Reset();
                throw new OperationCanceledException(_link.Ended);
            default:
                await SendAsync(_plan.Cut.Injected).ConfigureAwait(false);
                break;
        }
    }

    private void SendFin()
    {
        _finSent = true;
        _link.SendFin(_to);
    }

    /// <summary>Bytes wait until those before them have had their time on the cable.</summary>
    private async Task PaceAsync(int bytes)
    {
        var now = TimeProvider.System.GetTimestamp();
        _freeAt = Math.Max(_freeAt, now) + (bytes * TimeProvider.System.TimestampFrequency / _plan.BytesPerSecond);
        if (_freeAt - now > Ticks(PaceGrain))
        {
            await UntilAsync(_freeAt).ConfigureAwait(false);
        }
    }

    private long Due()
    {
        if (_plan.Latency == TimeSpan.Zero && _plan.Jitter == TimeSpan.Zero)
        {
            return 0;
        }

        var due = TimeProvider.System.GetTimestamp() + Ticks(_plan.Latency) + Ticks(_plan.Jitter * _delays.NextDouble());
        return _lastDue = Math.Max(_lastDue, due);
    }

    private async Task UntilAsync(long timestamp)
    {
        while (timestamp > TimeProvider.System.GetTimestamp())
        {
            // The delay's clock is coarser than this one, so it may come back too early.
            var left = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), timestamp);
            await Task.Delay(left + TimeSpan.FromMilliseconds(1), _link.Ended).ConfigureAwait(false);
        }
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * TimeProvider.System.TimestampFrequency);

    private readonly record struct Chunk(ChunkKind Kind, ReadOnlyMemory<byte> Bytes, long Due);
}
