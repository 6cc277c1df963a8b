using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ActorTunnel.TestSupport.Bytes;
using static System.FormattableString;

namespace ActorTunnel.Benchmarks.Driving;

/// <summary>
/// Steady tunnels that send gently both ways all the time, and beside them new ones at a rate, each of which sends a little both ways, is held for a while, and ends in order: what a
/// platform's traffic looks like to terminators that come and go. Every byte and every end is checked. Prints <c>running</c> when the steady ones move bytes, then a line a second.
/// </summary>
internal sealed class ArrivalsDrive
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ArrivalsPlan _plan;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<DrivenEnd>> _originEnds = new();
    private readonly ConcurrentBag<Task> _serving = [];
    private readonly ConcurrentQueue<DrivenTunnel> _ended = new();
    private readonly CountdownEvent _running;
    private readonly TaskCompletionSource _finish = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open;

    private ArrivalsDrive(ArrivalsPlan plan)
    {
        _plan = plan;
        _running = new CountdownEvent(Math.Max(1, 2 * plan.Steady));
    }

    public static Command CreateCommand()
    {
        var target = DriveOptions.Target();
        var origin = DriveOptions.Origin();
        var steady = new Option<int>("--steady") { Description = "Tunnels that stay open and busy all the time" };
        var rate = new Option<double>("--rate") { Description = "New tunnels a second besides" };
        var hold = new Option<double>("--hold") { Description = "Seconds that each new one is held", DefaultValueFactory = _ => 0.5 };
        var seconds = new Option<double>("--seconds") { Description = "How long", DefaultValueFactory = _ => 30 };
        var mayBreak = new Option<bool>("--may-break")
        {
            Description = "A terminator is killed meanwhile: tunnels may be reset, all of them within a second, and new ones may fail for five seconds",
        };
        var command = new Command("arrivals", "Steady tunnels and new ones at a rate, every byte and end checked; exit status 1 when one was wrong")
        {
            target, origin, steady, rate, hold, seconds, mayBreak,
        };
        command.SetAction(parsed => new ArrivalsDrive(new ArrivalsPlan(
            parsed.GetRequiredValue(target),
            parsed.GetRequiredValue(origin),
            parsed.GetValue(steady),
            parsed.GetValue(rate),
            TimeSpan.FromSeconds(parsed.GetValue(hold)),
            TimeSpan.FromSeconds(parsed.GetValue(seconds)),
            parsed.GetValue(mayBreak))).RunAsync());
        return command;
    }

    private async Task<int> RunAsync()
    {
        using var listener = DriveSocket.Listen(_plan.Origin);
        using var stop = new CancellationTokenSource();
        var accepting = Task.Run(() => AcceptAsync(listener, stop.Token));
        var steady = Enumerable.Range(0, _plan.Steady).Select(id => Task.Run(() => SteadyAsync(id))).ToArray();
        if (_plan.Steady > 0 && !await Task.Run(() => _running.Wait(Patience)))
        {
            await Console.Error.WriteLineAsync($"{_running.CurrentCount} of {2 * _plan.Steady} ends moved nothing");
            return 1;
        }

        Console.WriteLine("running");
        var arrivals = await ArriveAsync();
        _finish.TrySetResult();
        await Task.WhenAll(steady.Concat(arrivals)).WaitAsync(Patience);
        await stop.CancelAsync();
        await accepting.ContinueWith(static _ => { }, TaskScheduler.Default); // It ends by being cancelled.
        await Task.WhenAll(_serving).WaitAsync(Patience);
        return new ArrivalsVerdict(_plan, [.. _ended]).Print();
    }

    private async Task<List<Task>> ArriveAsync()
    {
        var began = _clock.Elapsed;
        var arrivals = new List<Task>();
        var nextLine = TimeSpan.FromSeconds(1);
        while (_clock.Elapsed - began < _plan.Length)
        {
            var due = (int)((_clock.Elapsed - began).TotalSeconds * _plan.Rate);
            while (arrivals.Count < due)
            {
                var id = _plan.Steady + arrivals.Count;
                arrivals.Add(Task.Run(() => ArrivalAsync(id)));
            }

            if (_clock.Elapsed - began >= nextLine)
            {
                var failed = _ended.Count(tunnel => tunnel.Problem is not null);
                Console.WriteLine(Invariant($"{nextLine.TotalSeconds,5:0} s  {arrivals.Count} begun, {Volatile.Read(ref _open)} open, {failed} not whole"));
                nextLine += TimeSpan.FromSeconds(1);
            }

            await Task.Delay(5);
        }

        return arrivals;
    }

    private async Task SteadyAsync(int id) =>
        _ended.Enqueue(await TunnelAsync(id, isSteady: true, async socket => await SteadyTunnel.SendAsync(
            socket, new BlockPayload(id, TunnelDirection.ToOrigin), _running, _finish.Task)));

    private async Task ArrivalAsync(int id) =>
        _ended.Enqueue(await TunnelAsync(id, isSteady: false, async socket =>
        {
            var sent = await SteadyTunnel.SendOnceAsync(socket, new BlockPayload(id, TunnelDirection.ToOrigin));
            await Task.Delay(_plan.Hold);
            return sent;
        }));

    private async Task<DrivenTunnel> TunnelAsync(int id, bool isSteady, Func<Socket, Task<long?>> sendAsync)
    {
        var began = _clock.Elapsed;
        var far = _originEnds.GetOrAdd(id, _ => new TaskCompletionSource<DrivenEnd>(TaskCreationOptions.RunContinuationsAsynchronously));
        Interlocked.Increment(ref _open);
        try
        {
            using var socket = await DriveSocket.ConnectAsync(_plan.Target);
            var header = new byte[5];
            BinaryPrimitives.WriteInt32BigEndian(header, id);
            header[4] = isSteady ? (byte)1 : (byte)0;
            await DriveSocket.SendAllAsync(socket, header);
            var near = await SteadyTunnel.ExchangeAsync(socket, new BlockPayload(id, TunnelDirection.ToApplication), sendAsync, _clock);

            // Where there was no tunnel, no origin ever hears of it.
            var origin = near.End is { Kind: DriveEndKind.Reset, Bytes: 0 } && !far.Task.IsCompleted
                ? await Task.WhenAny(far.Task, Task.Delay(TimeSpan.FromSeconds(2))) == far.Task ? await far.Task : null as DrivenEnd?
                : await far.Task.WaitAsync(Patience);
            return new DrivenTunnel(id, isSteady, began, near, origin);
        }
        catch (SocketException)
        {
            return new DrivenTunnel(id, isSteady, began, new DrivenEnd(new DriveEnd(DriveEndKind.Reset, 0, null), 0, _clock.Elapsed), null); // Not even connected.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private async Task AcceptAsync(Socket listener, CancellationToken stop)
    {
        while (true)
        {
            var socket = await listener.AcceptAsync(stop);
            _serving.Add(Task.Run(() => ServeAsync(socket), CancellationToken.None));
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            var header = new byte[5];
            try
            {
                await DriveSocket.ReceiveAllAsync(socket, header);
            }
            catch (Exception e) when (e is SocketException or EndOfStreamException)
            {
                return; // The application's side tells of it.
            }

            var id = BinaryPrimitives.ReadInt32BigEndian(header);
            var sends = new BlockPayload(id, TunnelDirection.ToApplication);
            var end = await SteadyTunnel.ExchangeAsync(
                socket,
                new BlockPayload(id, TunnelDirection.ToOrigin),
                async own => header[4] == 1
                    ? await SteadyTunnel.SendAsync(own, sends, _running, _finish.Task)
                    : await SteadyTunnel.SendOnceAsync(own, sends),
                _clock);
            _originEnds.GetOrAdd(id, _ => new TaskCompletionSource<DrivenEnd>(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult(end);
        }
    }
}
