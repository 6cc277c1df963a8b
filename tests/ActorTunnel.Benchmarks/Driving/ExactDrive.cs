using System.Buffers.Binary;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ActorTunnel.Benchmarks.Driving;

/// <summary>
/// Opens many tunnels at once, sends different bytes each way through each, ends each way on its own, and checks every byte at both ends.
/// </summary>
internal static class ExactDrive
{
    public static Command CreateCommand()
    {
        var target = DriveOptions.Target();
        var origin = DriveOptions.Origin();
        var tunnels = DriveOptions.Tunnels(1000);
        var bytes = new Option<int>("--bytes") { Description = "Bytes each way through each tunnel", DefaultValueFactory = _ => 1024 * 1024 };
        var command = new Command("exact", "Many tunnels at once, every byte checked both ways; exit status 1 on a mismatch")
        {
            target, origin, tunnels, bytes,
        };
        command.SetAction(parsed => RunAsync(
            parsed.GetRequiredValue(target), parsed.GetRequiredValue(origin), parsed.GetValue(tunnels), parsed.GetValue(bytes)));
        return command;
    }

    private static async Task<int> RunAsync(IPEndPoint target, IPEndPoint origin, int tunnels, int bytes)
    {
        using var listener = DriveSocket.Listen(origin);
        var clock = Stopwatch.StartNew();
        var origins = Task.Run(async () =>
        {
            var serving = new List<Task<string?>>();
            for (var i = 0; i < tunnels; i++)
            {
                var socket = await listener.AcceptAsync();
                serving.Add(Task.Run(() => ServeAsync(socket, bytes)));
            }

            return await Task.WhenAll(serving);
        });

        // All connections stand before the first byte goes, so that they are open at once.
        var sockets = await Task.WhenAll(Enumerable.Range(0, tunnels).Select(_ => DriveSocket.ConnectAsync(target)));
        var applications = await Task.WhenAll(sockets.Select((socket, id) => Task.Run(() => ApplicationAsync(socket, id, bytes))));
        var problems = applications.Concat(await origins).OfType<string>().ToList();
        foreach (var problem in problems.Take(10))
        {
            await Console.Error.WriteLineAsync(problem);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{tunnels} tunnels, {bytes} bytes each way, {problems.Count} problems, {clock.Elapsed.TotalSeconds:0.0} s, {2.0 * tunnels * bytes / clock.Elapsed.TotalSeconds / 1e6:0} MB/s"));
        return problems.Count == 0 ? 0 : 1;
    }

    private static async Task<string?> ApplicationAsync(Socket socket, int id, int bytes)
    {
        using (socket)
        {
            var header = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(header, id);
            var receiving = Pattern.CheckAsync(socket, 2 * id, bytes);
            await DriveSocket.SendAllAsync(socket, header);
            await Pattern.SendAsync(socket, (2 * id) + 1, bytes);
            socket.Shutdown(SocketShutdown.Send);
            return await receiving is { } problem ? $"tunnel {id}, origin to application: {problem}" : null;
        }
    }

    private static async Task<string?> ServeAsync(Socket socket, int bytes)
    {
        using (socket)
        {
            var header = new byte[4];
            for (var read = 0; read < 4;)
            {
                var count = await socket.ReceiveAsync(header.AsMemory(read));
                if (count == 0)
                {
                    return "a tunnel ended before its first bytes";
                }

                read += count;
            }

            var id = BinaryPrimitives.ReadInt32BigEndian(header);
            var receiving = Pattern.CheckAsync(socket, (2 * id) + 1, bytes);
            await Pattern.SendAsync(socket, 2 * id, bytes);
            socket.Shutdown(SocketShutdown.Send);
            return await receiving is { } problem ? $"tunnel {id}, application to origin: {problem}" : null;
        }
    }
}

/// <summary>Bytes that a seed determines.</summary>
internal static class Pattern
{
    private const int Chunk = 16 * 1024;

    public static async Task SendAsync(Socket socket, int seed, int count)
    {
        var random = new Random(seed);
        var chunk = new byte[Chunk];
        for (var sent = 0; sent < count; sent += Chunk)
        {
            random.NextBytes(chunk);
            await DriveSocket.SendAllAsync(socket, chunk.AsMemory(0, Math.Min(Chunk, count - sent)));
        }
    }

    /// <summary>Reads to a clean end; what differs from the pattern is told, or null.</summary>
    public static async Task<string?> CheckAsync(Socket socket, int seed, int count)
    {
        var random = new Random(seed);
        var expected = new byte[Chunk];
        var buffer = new byte[Chunk];
        var total = 0;
        while (true)
        {
            int read;
            try
            {
                read = await socket.ReceiveAsync(buffer);
            }
            catch (SocketException e)
            {
                return $"{e.SocketErrorCode} after {total} bytes"; // An end that is not clean is a finding here.
            }

            if (read == 0)
            {
                return total == count ? null : $"a clean end after {total} of {count} bytes";
            }

            for (var i = 0; i < read; i++, total++)
            {
                if (total % Chunk == 0)
                {
                    random.NextBytes(expected);
                }

                if (total >= count || buffer[i] != expected[total % Chunk])
                {
                    return $"a wrong byte at {total}";
                }
            }
        }
    }
}
