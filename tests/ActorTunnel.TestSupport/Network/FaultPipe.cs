using System.Net;
using System.Net.Sockets;

namespace ActorTunnel.TestSupport.Network;

/// <summary>
/// A TCP relay with faults: a cable between two parties that is slow, cuts bytes into pieces, hangs or breaks, as planned for each connection
/// and direction, or now. Apart from its faults it is truthful: a FIN is passed on as a FIN behind all bytes before it, a reset as a
/// reset, and it holds at most some 256 KiB a direction, so who does not read stops who writes.
/// </summary>
public sealed class FaultPipe : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly IPEndPoint _target;
    private readonly Func<int, LinkFaults> _faults;
    private readonly int _seed;
    private readonly Lock _gate = new();
    private readonly List<FaultLink> _links = [];
    private readonly List<Task> _running = [];
    private readonly Task _accepting;
    private int _connections;
    private int _cutsReached;
    private int _heldBack;
    private long _bytes;

    /// <param name="target">Where each connection goes on to.</param>
    /// <param name="faults">Of the first connection (0), the second, and so on; null: none.</param>
    /// <param name="seed">Of all that is random.</param>
    public FaultPipe(IPEndPoint target, Func<int, LinkFaults>? faults = null, int seed = 0)
    {
        _target = target;
        _faults = faults ?? (_ => LinkFaults.None);
        _seed = seed;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        Address = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAllAsync();
    }

    /// <summary>Where to connect to.</summary>
    public IPEndPoint Address { get; }

    /// <summary>Connections that went through since the start.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Directions, of all connections since the start, that came to where they are cut.</summary>
    public int CutsReached => Volatile.Read(ref _cutsReached);

    /// <summary>Bytes that came from either side since the start.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Whether something was read that is not passed on, since its connection hangs.</summary>
    public bool HoldsBack => Volatile.Read(ref _heldBack) > 0;

    /// <summary>From here on nothing is read or sent on the connections there are, and nobody is told. New ones work.</summary>
    public void HangAll() => ForEachLink(link => link.Hang());

    /// <summary>Resets every connection now, towards both ends, as when a machine dies.</summary>
    public void ResetAll() => ForEachLink(link => link.Reset());

    /// <summary>Ends every connection now with a FIN towards both ends; what they send after that is dropped.</summary>
    public void FinishAll() => ForEachLink(link => link.Finish());

    /// <summary>Accepts nobody any more and resets what is left.</summary>
    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        ResetAll();
        await Task.WhenAll(_running);
    }

    private void ForEachLink(Action<FaultLink> action)
    {
        FaultLink[] links;
        lock (_gate)
        {
            links = [.. _links];
        }

        Array.ForEach(links, action);
    }

    private async Task AcceptAllAsync()
    {
        while (true)
        {
            Socket near;
            try
            {
                near = await _listener.AcceptAsync().ConfigureAwait(false);
            }
            catch (SocketException)
            {
                return; // The pipe is disposed.
            }

            var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await far.ConnectAsync(_target).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                // A refusal cannot be passed on any more: a reset is the nearest.
                near.LingerState = new LingerOption(true, 0);
                near.Dispose();
                far.Dispose();
                continue;
            }

            var number = Interlocked.Increment(ref _connections) - 1;
            var link = new FaultLink(
                near,
                far,
                _faults(number),
                new Random(_seed + number),
                () => Interlocked.Increment(ref _cutsReached),
                count => Interlocked.Add(ref _bytes, count),
                () => Interlocked.Increment(ref _heldBack));
            lock (_gate)
            {
                _links.Add(link);
                _running.Add(CarryAsync(link));
            }
        }
    }

    private async Task CarryAsync(FaultLink link)
    {
        await Task.Yield(); // Out of the lock.
        await link.RunAsync().ConfigureAwait(false);
        lock (_gate)
        {
            _links.Remove(link);
        }
    }
}
