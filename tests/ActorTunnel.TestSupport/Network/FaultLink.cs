using System.Net.Sockets;

namespace ActorTunnel.TestSupport.Network;

/// <summary>One connection through a <see cref="FaultPipe"/>: two sockets and the pumps of both directions.</summary>
internal sealed class FaultLink
{
    private readonly Socket _near;
    private readonly Socket _far;
    private readonly FaultPump _toTarget;
    private readonly FaultPump _fromTarget;
    private readonly CancellationTokenSource _ended = new();
    private readonly Action _heldBack;
    private volatile bool _nearHasFin;
    private volatile bool _farHasFin;
    private volatile bool _hung;

    /// <param name="near">Accepted; owned.</param>
    /// <param name="far">Connected to the target; owned.</param>
    /// <param name="faults">What is to happen.</param>
    /// <param name="random">Its randomness.</param>
    /// <param name="cutReached">Called for each direction that comes to its cut.</param>
    /// <param name="received">Called with the bytes of each read.</param>
    /// <param name="heldBack">Called when something that was read is not passed on, since the link hangs.</param>
    public FaultLink(Socket near, Socket far, LinkFaults faults, Random random, Action cutReached, Action<int> received, Action heldBack)
    {
        _heldBack = heldBack;
        near.NoDelay = far.NoDelay = true;
        _near = near;
        _far = far;
        _toTarget = new FaultPump(this, near, far, faults.ToTarget, new Random(random.Next()), cutReached, received);
        _fromTarget = new FaultPump(this, far, near, faults.FromTarget, new Random(random.Next()), cutReached, received);
    }

    /// <summary>Cancelled when the connection was reset or finished by the pipe: nothing more is passed on.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Whether a FIN went out to one of the two: from then on the state of its socket tells nothing.</summary>
    public bool FinWasSentTo(Socket socket) => socket == _near ? _nearHasFin : _farHasFin;

    /// <summary>Passes a FIN on.</summary>
    public void SendFin(Socket to)
    {
        if (to == _near)
        {
            _nearHasFin = true;
        }
        else
        {
            _farHasFin = true;
        }

        to.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Completes when both directions are over.</summary>
    public async Task RunAsync()
    {
        await Task.WhenAll(_toTarget.RunAsync(), _fromTarget.RunAsync()).ConfigureAwait(false);
        _near.Dispose();
        _far.Dispose();
    }

    /// <summary>Nothing is read or sent any more.</summary>
    public void Hang() => _hung = true;

    /// <summary>Goes on at once, or, while the link hangs, never: it ends when the link does.</summary>
    public Task PassAsync()
    {
        if (!_hung)
        {
            return Task.CompletedTask;
        }

        _heldBack();
        return Task.Delay(Timeout.InfiniteTimeSpan, Ended);
    }

    /// <summary>Resets both ends.</summary>
    public void Reset()
    {
        // First, since pumps that learn of the end may close both sockets.
        ResetOnClose(_near);
        ResetOnClose(_far);
        _ended.Cancel();
        _near.Dispose();
        _far.Dispose();
    }

    /// <summary>A FIN to both ends.</summary>
    public void Finish()
    {
        _ended.Cancel();
        foreach (var socket in new[] { _near, _far })
        {
            try
            {
                SendFin(socket);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It is over already.
            }
        }
    }

    private static void ResetOnClose(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is over already.
        }
    }
}
