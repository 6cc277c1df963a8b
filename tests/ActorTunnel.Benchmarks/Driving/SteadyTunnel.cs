using System.Diagnostics;
using System.Net.Sockets;
using ActorTunnel.TestSupport.Bytes;

namespace ActorTunnel.Benchmarks.Driving;

/// <summary>One end of a driven tunnel: what it received, what it sent (null: the connection broke before all was), and when its reading was over.</summary>
internal readonly record struct DrivenEnd(DriveEnd End, long? Sent, TimeSpan At);

/// <summary>The pace of tunnels that are open for long.</summary>
internal static class SteadyTunnel
{
    /// <summary>Bytes each way of a tunnel that is not steady, and of one pace of a steady one.</summary>
    public const int Little = 4096;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    /// <summary>A little, again and again, until <paramref name="finish"/>. Returns the bytes sent, or null where the connection broke.</summary>
    public static async Task<long?> SendAsync(Socket socket, BlockPayload payload, CountdownEvent running, Task finish)
    {
        long sent = 0;
        while (!finish.IsCompleted)
        {
            if (!await DriveEnd.SendAsync(socket, payload, sent + Little, from: sent))
            {
                return null;
            }

            if (sent == 0)
            {
                running.Signal();
            }

            sent += Little;
            await Task.WhenAny(finish, Task.Delay(Pace));
        }

        return sent;
    }

    /// <summary>A little, once. Returns the bytes sent, or null where the connection broke.</summary>
    public static async Task<long?> SendOnceAsync(Socket socket, BlockPayload payload) =>
        await DriveEnd.SendAsync(socket, payload, Little) ? Little : null;

    /// <summary>Sends as it is told and, where that went well, a FIN; and reads to the end.</summary>
    public static async Task<DrivenEnd> ExchangeAsync(Socket socket, BlockPayload reads, Func<Socket, Task<long?>> sendAsync, Stopwatch clock)
    {
        var finSent = false;
        var at = TimeSpan.Zero;
        var reading = DriveEnd.ReadAsync(socket, reads, () => Volatile.Read(ref finSent));
        _ = reading.ContinueWith(_ => at = clock.Elapsed, TaskContinuationOptions.ExecuteSynchronously);
        var sent = await sendAsync(socket);
        if (sent is not null)
        {
            Volatile.Write(ref finSent, true);
            DriveEnd.Finish(socket);
        }

        return new DrivenEnd(await reading, sent, at);
    }
}
