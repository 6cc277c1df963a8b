using System.Buffers.Binary;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ActorTunnel.TestSupport.Bytes;

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
            await DriveSocket.SendAllAsync(socket, header);
            return await ExchangeAsync(socket, new BlockPayload(id, TunnelDirection.ToOrigin), new BlockPayload(id, TunnelDirection.ToApplication), bytes);
        }
    }

    private static async Task<string?> ServeAsync(Socket socket, int bytes)
    {
        using (socket)
        {
            var header = new byte[4];
            await DriveSocket.ReceiveAllAsync(socket, header);
            var id = BinaryPrimitives.ReadInt32BigEndian(header);
            return await ExchangeAsync(socket, new BlockPayload(id, TunnelDirection.ToApplication), new BlockPayload(id, TunnelDirection.ToOrigin), bytes);
        }
    }

    /// <summary>Null, or what was wrong with the direction that is read here.</summary>
    private static async Task<string?> ExchangeAsync(Socket socket, BlockPayload sends, BlockPayload reads, int bytes)
    {
        var finSent = false;
        var reading = DriveEnd.ReadAsync(socket, reads, () => Volatile.Read(ref finSent));
        await DriveEnd.SendAsync(socket, sends, bytes);
        Volatile.Write(ref finSent, true);
        DriveEnd.Finish(socket);
        var end = await reading;
        return end.Fault?.ToString()
            ?? (end.Kind == DriveEndKind.Clean && end.Bytes == bytes ? null : $"{reads}: {end.Kind} after {end.Bytes} of {bytes} bytes");
    }
}
