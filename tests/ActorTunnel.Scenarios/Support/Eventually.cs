using System.Net;
using System.Net.Sockets;

namespace ActorTunnel.Scenarios.Support;

/// <summary>Waits for what other threads bring about; the only place of a story that knows a real clock.</summary>
internal static class Eventually
{
    /// <summary>Only a story that fails takes so long, also on a machine that others keep busy.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Task TrueAsync(Func<bool> condition, Func<string> describe) => TrueAsync(() => Task.FromResult(condition()), describe);

    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> describe)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            if (deadline.IsCancellationRequested)
            {
                Assert.Fail(describe());
            }

            await Task.Delay(5);
        }
    }

    public static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(Patience);

    public static Task InTime(this Task task) => task.WaitAsync(Patience);
}

internal static class FreePort
{
    /// <summary>Below the ports that systems give to whoever dials, so that none of those takes it before it is used.</summary>
    private const int First = 12_000;

    private const int Count = 18_000;

    private static int _next = Random.Shared.Next(Count);

    /// <summary>A port that was free a moment ago, and that this process gives to nobody else soon.</summary>
    public static int Take()
    {
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _next) % Count);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Somebody has it; the next one, then.
            }
        }
    }
}
