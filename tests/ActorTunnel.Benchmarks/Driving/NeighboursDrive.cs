using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ActorTunnel.Benchmarks.Driving;

/// <summary>
/// Some tunnels carry what goes, half of them each way, for the whole run; beside them others come, are filled until their writers are stuck since nobody reads
/// there, stay so for a while, and go again. Compares what the first ones carry with and without the others, turn by turn.
/// </summary>
internal static class NeighboursDrive
{
    private const int Chunk = 64 * 1024;
    private const int SmallBuffer = 16 * 1024; // What a reader who stands still takes into its kernel.
    private const double Least = 0.9;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>The first byte of a tunnel tells the origin what it is for.</summary>
    private enum Use : byte
    {
        /// <summary>The application sends, the origin reads.</summary>
        Upload,

        /// <summary>The origin sends, the application reads.</summary>
        Download,

        /// <summary>The application sends, nobody reads.</summary>
        StalledUpload,

        /// <summary>The origin sends, nobody reads.</summary>
        StalledDownload,
    }

    public static Command CreateCommand()
    {
        var target = DriveOptions.Target();
        var origin = DriveOptions.Origin();
        var tunnels = DriveOptions.Tunnels(4);
        var stalled = new Option<int>("--stalled") { Description = "Tunnels whose readers stand still", DefaultValueFactory = _ => 120 };
        var turns = new Option<int>("--turns") { Description = "Measurements with, and as many without them", DefaultValueFactory = _ => 5 };
        var seconds = new Option<double>("--seconds") { Description = "Of each measurement", DefaultValueFactory = _ => 4 };
        var command = new Command("neighbours", "Throughput beside readers who stand still; exit status 1 below nine tenths of that without them")
        {
            target, origin, tunnels, stalled, turns, seconds,
        };
        command.SetAction(async parsed =>
        {
            using var listener = DriveSocket.Listen(parsed.GetRequiredValue(origin));
            listener.ReceiveBufferSize = SmallBuffer;
            return await new Run(parsed.GetRequiredValue(target), listener).GoAsync(
                parsed.GetValue(tunnels), parsed.GetValue(stalled), parsed.GetValue(turns), TimeSpan.FromSeconds(parsed.GetValue(seconds)));
        });
        return command;
    }

    private sealed class Run(IPEndPoint target, Socket listener)
    {
        private readonly ConcurrentBag<Socket> _unread = [];
        private long _carried;
        private long _stuckAt;
        private int _broken;
        private volatile bool _mayBreak;

        public async Task<int> GoAsync(int tunnels, int stalled, int turns, TimeSpan length)
        {
            _ = ServeAsync(); // Ends with the process, as everything here does.
            for (var i = 0; i < tunnels; i++)
            {
                await OpenAsync(i % 2 == 0 ? Use.Upload : Use.Download);
            }

            await MeasureAsync(length); // Warm-up.
            var shares = new List<double>();
            for (var turn = 0; turn < turns; turn++)
            {
                var without = await MeasureAsync(length);
                _mayBreak = false;
                var sockets = new List<Socket>();
                for (var i = 0; i < stalled; i++)
                {
                    sockets.Add(await OpenAsync(i % 2 == 0 ? Use.StalledUpload : Use.StalledDownload));
                }

                await StuckAsync();
                var with = await MeasureAsync(length);
                _mayBreak = true;
                sockets.ForEach(DriveEnd.Reset);
                shares.Add(with / without);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"turn {turn + 1}: {without / 1e6:0} MB/s alone, {with / 1e6:0} MB/s beside {stalled} readers who stand still: {with / without:0.00}"));
                await Task.Delay(Silence); // Their ends are no part of what is measured next.
            }

            shares.Sort();
            var median = shares[shares.Count / 2];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"median {median:0.00}; at least {Least:0.00} is asked for; {_broken} tunnels broke while nobody read"));
            return median >= Least && _broken == 0 ? 0 : 1;
        }

        /// <summary>Bytes a second that the neighbours carried.</summary>
        private async Task<double> MeasureAsync(TimeSpan length)
        {
            var (clock, before) = (Stopwatch.StartNew(), Volatile.Read(ref _carried));
            await Task.Delay(length);
            return (Volatile.Read(ref _carried) - before) / clock.Elapsed.TotalSeconds;
        }

        /// <summary>Waits until no writer to a reader who stands still gets rid of anything more.</summary>
        private async Task StuckAsync()
        {
            var clock = Stopwatch.StartNew();
            for (long before = -1; before != Volatile.Read(ref _stuckAt);)
            {
                if (clock.Elapsed > Patience)
                {
                    throw new TimeoutException("The writers to readers who stand still were not stopped.");
                }

                before = Volatile.Read(ref _stuckAt);
                await Task.Delay(Silence);
            }
        }

        private async Task<Socket> OpenAsync(Use use)
        {
            var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            if (use == Use.StalledDownload)
            {
                socket.ReceiveBufferSize = SmallBuffer;
            }

            await socket.ConnectAsync(target);
            await socket.SendAsync(new[] { (byte)use });
            switch (use)
            {
                case Use.Upload:
                    _ = SendAsync(socket, stalled: false);
                    break;
                case Use.Download:
                    _ = ReceiveAsync(socket);
                    break;
                case Use.StalledUpload:
                    _ = SendAsync(socket, stalled: true);
                    break;
                case Use.StalledDownload:
                    break;
            }

            return socket;
        }

        private async Task ServeAsync()
        {
            while (true)
            {
                var socket = await listener.AcceptAsync();
                _ = Task.Run(() => ServeAsync(socket));
            }
        }

        private async Task ServeAsync(Socket socket)
        {
            var use = new byte[1];
            await DriveSocket.ReceiveAllAsync(socket, use);
            switch ((Use)use[0])
            {
                case Use.Upload:
                    await ReceiveAsync(socket);
                    break;
                case Use.Download:
                    await SendAsync(socket, stalled: false);
                    break;
                case Use.StalledUpload:
                    _unread.Add(socket); // Without a reference it would be closed.
                    break;
                case Use.StalledDownload:
                    await SendAsync(socket, stalled: true);
                    break;
            }
        }

        private async Task SendAsync(Socket socket, bool stalled)
        {
            var chunk = new byte[Chunk];
            Random.Shared.NextBytes(chunk);
            try
            {
                while (true)
                {
                    var count = await socket.SendAsync(chunk);
                    Interlocked.Add(ref _stuckAt, stalled ? count : 0);
                }
            }
            catch (Exception e) when (stalled && e is (SocketException or ObjectDisposedException))
            {
                if (!_mayBreak)
                {
                    Interlocked.Increment(ref _broken);
                }
            }
        }

        private async Task ReceiveAsync(Socket socket)
        {
            var buffer = new byte[Chunk];
            while (await socket.ReceiveAsync(buffer) is > 0 and var count)
            {
                Interlocked.Add(ref _carried, count);
            }
        }
    }
}
