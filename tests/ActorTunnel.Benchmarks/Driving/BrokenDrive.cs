using System.Buffers.Binary;
using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using ActorTunnel.TestSupport.Bytes;

namespace ActorTunnel.Benchmarks.Driving;

/// <summary>
/// Transfers both ways that somebody else breaks off, by a kill -9 of a node: prints <c>running</c> when each has moved bytes both ways, and expects that every application and
/// every origin sees a reset, and an exact prefix before it.
/// </summary>
internal static class BrokenDrive
{
    private const int Enough = 256 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Command CreateCommand()
    {
        var target = DriveOptions.Target();
        var origin = DriveOptions.Origin();
        var tunnels = DriveOptions.Tunnels(100);
        var command = new Command("broken", "Transfers that are broken off from outside; exit status 1 when one of the ends is no reset")
        {
            target, origin, tunnels,
        };
        command.SetAction(parsed => RunAsync(parsed.GetRequiredValue(target), parsed.GetRequiredValue(origin), parsed.GetValue(tunnels)));
        return command;
    }

    private static async Task<int> RunAsync(IPEndPoint target, IPEndPoint origin, int tunnels)
    {
        using var listener = DriveSocket.Listen(origin);
        var running = new CountdownEvent(2 * tunnels);
        var origins = Task.Run(async () =>
        {
            var ends = new List<Task<DriveEnd>>();
            for (var i = 0; i < tunnels; i++)
            {
                var socket = await listener.AcceptAsync();
                ends.Add(Task.Run(() => ServeAsync(socket, running)));
            }

            return await Task.WhenAll(ends);
        });
        var applications = Enumerable.Range(0, tunnels).Select(id => Task.Run(() => ApplicationAsync(target, id, running))).ToList();
        await Task.Run(() => running.Wait(Patience));
        if (running.CurrentCount > 0)
        {
            await Console.Error.WriteLineAsync($"{running.CurrentCount} of {2 * tunnels} ends moved nothing");
            return 1;
        }

        Console.WriteLine("running");
        var all = (await Task.WhenAll(Task.WhenAll(applications), origins).WaitAsync(Patience)).SelectMany(ends => ends).ToList();
        var clean = all.Count(end => end.Kind == DriveEndKind.Clean);
        var wrong = all.Where(end => end.Fault is not null).ToList();
        wrong.ForEach(end => Console.Error.WriteLine(end.Fault));
        Console.WriteLine($"{all.Count} ends: {all.Count - clean} resets, {clean} clean, {wrong.Count} with wrong bytes; {all.Sum(end => end.Bytes) / 1_000_000} MB before");
        return clean == 0 && wrong.Count == 0 ? 0 : 1;
    }

    private static async Task<DriveEnd> ApplicationAsync(IPEndPoint target, int id, CountdownEvent running)
    {
        using var socket = await DriveSocket.ConnectAsync(target);
        var header = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(header, id);
        await DriveSocket.SendAllAsync(socket, header);
        return await ExchangeAsync(socket, id, TunnelDirection.ToOrigin, TunnelDirection.ToApplication, running);
    }

    private static async Task<DriveEnd> ServeAsync(Socket socket, CountdownEvent running)
    {
        using (socket)
        {
            var header = new byte[4];
            await DriveSocket.ReceiveAllAsync(socket, header);
            var id = BinaryPrimitives.ReadInt32BigEndian(header);
            return await ExchangeAsync(socket, id, TunnelDirection.ToApplication, TunnelDirection.ToOrigin, running);
        }
    }

    private static async Task<DriveEnd> ExchangeAsync(Socket socket, int id, TunnelDirection sends, TunnelDirection reads, CountdownEvent running)
    {
        var sending = Task.Run(async () =>
        {
            // So much has gone out that the other side has read some of it.
            if (await DriveEnd.SendAsync(socket, new BlockPayload(id, sends), Enough))
            {
                running.Signal();
                await DriveEnd.SendAsync(socket, new BlockPayload(id, sends), long.MaxValue, from: Enough);
            }
        });
        var end = await DriveEnd.ReadAsync(socket, new BlockPayload(id, reads), finSent: () => false);
        socket.Dispose(); // Also ends the sender.
        await sending;
        return end;
    }
}
