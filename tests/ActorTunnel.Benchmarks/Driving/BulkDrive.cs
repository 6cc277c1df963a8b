using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ActorTunnel.Benchmarks.Driving;

/// <summary>Moves as much as goes one way for some seconds and prints Gbit/s, as the origin received them.</summary>
internal static class BulkDrive
{
    private const int Chunk = 128 * 1024;

    public static Command CreateCommand()
    {
        var target = DriveOptions.Target();
        var origin = DriveOptions.Origin();
        var tunnels = DriveOptions.Tunnels(1);
        var seconds = new Option<double>("--seconds") { Description = "How long to send", DefaultValueFactory = _ => 3 };
        var command = new Command("bulk", "Bulk data one way: prints Gbit/s") { target, origin, tunnels, seconds };
        command.SetAction(async parsed =>
        {
            var gbits = await RunAsync(
                parsed.GetRequiredValue(target), parsed.GetRequiredValue(origin), parsed.GetValue(tunnels), parsed.GetValue(seconds));
            Console.WriteLine(gbits.ToString("0.000", CultureInfo.InvariantCulture));
        });
        return command;
    }

    private static async Task<double> RunAsync(IPEndPoint target, IPEndPoint origin, int tunnels, double seconds)
    {
        using var listener = DriveSocket.Listen(origin);
        using var ready = new SemaphoreSlim(0);
        var receiving = Task.Run(() => ReceiveAsync(listener, tunnels, ready));
        var sockets = new List<Socket>();
        for (var i = 0; i < tunnels; i++)
        {
            sockets.Add(await DriveSocket.ConnectAsync(target));
        }

        for (var i = 0; i < tunnels; i++)
        {
            await ready.WaitAsync(); // Every tunnel stands before the clock starts.
        }

        var clock = Stopwatch.StartNew();
        await Task.WhenAll(sockets.Select(socket => Task.Run(() => SendAsync(socket, clock, seconds))));
        var received = await receiving;
        return received * 8 / clock.Elapsed.TotalSeconds / 1e9;
    }

    private static async Task SendAsync(Socket socket, Stopwatch clock, double seconds)
    {
        var chunk = new byte[Chunk];
        Random.Shared.NextBytes(chunk);
        while (clock.Elapsed.TotalSeconds < seconds)
        {
            await DriveSocket.SendAllAsync(socket, chunk);
        }

        socket.Shutdown(SocketShutdown.Send);
        await socket.ReceiveAsync(chunk); // The origin's end: everything has arrived.
        socket.Dispose();
    }

    private static async Task<long> ReceiveAsync(Socket listener, int tunnels, SemaphoreSlim ready)
    {
        var receivers = new List<Task<long>>();
        for (var i = 0; i < tunnels; i++)
        {
            var socket = await listener.AcceptAsync();
            ready.Release();
            receivers.Add(Task.Run(() => DrainAsync(socket)));
        }

        return (await Task.WhenAll(receivers)).Sum();
    }

    private static async Task<long> DrainAsync(Socket socket)
    {
        using (socket)
        {
            var buffer = new byte[Chunk];
            long total = 0;
            while (await socket.ReceiveAsync(buffer) is > 0 and var count)
            {
                total += count;
            }

            socket.Shutdown(SocketShutdown.Send);
            return total;
        }
    }
}
