using System.Net;
using System.Net.Sockets;
using ActorTunnel.Benchmarks.Harness.Polling;

namespace ActorTunnel.Benchmarks.Tests;

/// <summary>A poller that a thread of its own turns, as it is in a process of the harness.</summary>
internal sealed class PollerThread : IDisposable
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(5);

    private readonly Poller _poller = new();
    private readonly Thread _thread;
    private volatile bool _isOver;

    /// <param name="start">Puts sockets on the poller, and returns what is done again and again, for at most the time given.</param>
    public PollerThread(Func<Poller, Action<TimeSpan>> start)
    {
        var turn = start(_poller);
        _thread = new Thread(() =>
        {
            while (!_isOver)
            {
                turn(Glance);
            }
        });
        _thread.Start();
    }

    /// <summary>An address of this machine at which nobody listens.</summary>
    public static IPEndPoint FreeAddress()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }

    public void Dispose()
    {
        _isOver = true;
        _thread.Join();
        _poller.Dispose();
    }
}
