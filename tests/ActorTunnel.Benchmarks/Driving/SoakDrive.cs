using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Net;
using static System.FormattableString;

namespace ActorTunnel.Benchmarks.Driving;

/// <summary>
/// Mixed load over two nodes for some minutes: short and long transfers, one-byte messages, idle tunnels, half-closes, slow readers, resets by either side, every byte
/// checked at both ends. Prints what the nodes use as it goes, and whether any of it grows.
/// </summary>
internal sealed class SoakDrive
{
    private const int Players = 40;
    private const int MostProblems = 20;
    private static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly IPEndPoint _target;
    private readonly TimeSpan _length;
    private readonly NodeProbe[] _nodes;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ConcurrentQueue<string> _problems = new();
    private readonly Dictionary<NodeProbe, List<(TimeSpan At, NodeSample Sample)>> _samples = [];
    private int _nextTunnel;
    private int _done;

    private SoakDrive(IPEndPoint target, TimeSpan length, NodeProbe[] nodes)
    {
        _target = target;
        _length = length;
        _nodes = nodes;
        Array.ForEach(nodes, node => _samples.Add(node, []));
    }

    public static Command CreateCommand()
    {
        var target = DriveOptions.Target();
        var origin = DriveOptions.Origin();
        var minutes = new Option<double>("--minutes") { Description = "How long", DefaultValueFactory = _ => 10 };
        var node = new Option<string[]>("--node") { Description = "NAME=PID=ADMIN-URL of a node to look at; may be given more than once", Required = true };
        var command = new Command("soak", "Mixed load for some minutes; exit status 1 on a wrong byte or end, and when memory, descriptors or threads grow")
        {
            target, origin, minutes, node,
        };
        command.SetAction(parsed => new SoakDrive(
            parsed.GetRequiredValue(target),
            TimeSpan.FromMinutes(parsed.GetValue(minutes)),
            [.. parsed.GetRequiredValue(node).Select(Parse)]).RunAsync(parsed.GetRequiredValue(origin)));
        return command;
    }

    private static NodeProbe Parse(string text) =>
        text.Split('=') is [var name, var pid, var url] ? new NodeProbe(name, int.Parse(pid, null), new Uri(url)) : throw new FormatException($"'{text}' is not NAME=PID=URL");

    private async Task<int> RunAsync(IPEndPoint origin)
    {
        using var listener = DriveSocket.Listen(origin);
        using var stop = new CancellationTokenSource();
        var serving = new ConcurrentDictionary<Task, bool>();
        var accepting = Task.Run(async () =>
        {
            while (true)
            {
                var socket = await listener.AcceptAsync(stop.Token);
                var task = Task.Run(async () => Note(await SoakTunnel.ServeAsync(socket)));
                serving.TryAdd(task, true);
                _ = task.ContinueWith(done => serving.TryRemove(done, out _), TaskScheduler.Default);
            }
        });

        var players = Enumerable.Range(0, Players).Select(seed => Task.Run(() => PlayAsync(new Random(seed)))).ToArray();
        while (_clock.Elapsed < _length)
        {
            await Task.Delay(SampleInterval);
            await SampleAsync();
        }

        await Task.WhenAll(players).WaitAsync(Patience);
        await Task.WhenAll(serving.Keys).WaitAsync(Patience);
        await stop.CancelAsync();
        await accepting.ContinueWith(static _ => { }, TaskScheduler.Default); // It ends by being cancelled.
        return await JudgeAsync();
    }

    private async Task PlayAsync(Random random)
    {
        while (_clock.Elapsed < _length && _problems.Count < MostProblems)
        {
            Note(await SoakTunnel.ApplicationAsync(_target, SoakPlan.Draw(Interlocked.Increment(ref _nextTunnel), random)));
            Interlocked.Increment(ref _done);
        }
    }

    private void Note(string? problem)
    {
        if (problem is not null)
        {
            _problems.Enqueue(problem);
            Console.Error.WriteLine(problem);
        }
    }

    private async Task SampleAsync()
    {
        var at = _clock.Elapsed;
        var line = Invariant($"{at.TotalSeconds,5:0} s  {_done,7} tunnels done, {_problems.Count} mismatches");
        foreach (var node in _nodes)
        {
            var sample = await node.TakeAsync();
            _samples[node].Add((at, sample));
            line += Invariant(
                $" | {node.Name}: {sample.ResidentMiB:0} MiB, managed {sample.ManagedMiB:0}, {sample.Descriptors} fds, {sample.Threads} threads, buffers {sample.Buffers / 1024} KiB, {sample.Tunnels} open");
        }

        Console.WriteLine(line);
    }

    private async Task<int> JudgeAsync()
    {
        var warm = TimeSpan.FromSeconds(Math.Max(30, _length.TotalSeconds / 2)); // The JIT compiler goes on for minutes.
        var passed = _problems.IsEmpty;
        Console.WriteLine(Invariant($"{_done} tunnels in {_clock.Elapsed.TotalMinutes:0.0} min, {_problems.Count} mismatches"));
        foreach (var node in _nodes)
        {
            var points = _samples[node].Where(sample => sample.At >= warm).ToList();
            var memory = Slope(points, sample => sample.ResidentMiB);
            var descriptors = Slope(points, sample => sample.Descriptors);
            var threads = Slope(points, sample => sample.Threads);
            var settled = await SettledAsync(node);
            var flat = memory < 1 && descriptors < 2 && threads < 1 && settled.Tunnels == 0 && settled.Buffers == 0;
            passed &= flat;
            Console.WriteLine(Invariant(
                $"{node.Name}: {memory:+0.00;-0.00} MiB, {descriptors:+0.0;-0.0} descriptors, {threads:+0.0;-0.0} threads a minute after {warm.TotalSeconds:0} s; at the end {settled.Tunnels} tunnels, {settled.Buffers} bytes of buffers: {(flat ? "flat" : "NOT FLAT")}"));
        }

        Console.WriteLine(passed ? "passed" : "FAILED");
        return passed ? 0 : 1;
    }

    private static double Slope(IEnumerable<(TimeSpan At, NodeSample Sample)> points, Func<NodeSample, double> value) =>
        Trend.PerMinute([.. points.Select(point => (point.At, value(point.Sample)))]);

    /// <summary>The node when its last tunnel is over and its buffers are back, or after a while.</summary>
    private static async Task<NodeSample> SettledAsync(NodeProbe node)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var sample = await node.TakeAsync();
            if ((sample.Tunnels == 0 && sample.Buffers == 0) || clock.Elapsed > Patience)
            {
                return sample;
            }

            await Task.Delay(500);
        }
    }
}
