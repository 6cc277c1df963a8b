using System.Text;
using ActorTunnel.Benchmarks.Harness.Bytes;
using ActorTunnel.Benchmarks.Harness.Polling;

namespace ActorTunnel.Benchmarks.Harness.Tunnels;

/// <summary>The driver's end of a tunnel: connects to a chain, gets past its CONNECT where it wants one, and greets the origin behind it.</summary>
/// <param name="poller">Who serves it.</param>
/// <param name="entrance">Where to connect.</param>
/// <param name="greeting">What the origin is to do.</param>
internal abstract class ClientTunnel(Poller poller, Entrance entrance, Greeting greeting)
    : PolledSocket(poller, BeginConnect(entrance.Address), PollEvents.Write)
{
    private const int FirstSize = 256;

    private Phase _phase = Phase.Connecting;
    private StringBuilder? _head;

    private enum Phase
    {
        /// <summary>TCP.</summary>
        Connecting,

        /// <summary>The answer to our CONNECT.</summary>
        Asking,

        /// <summary>The origin was greeted.</summary>
        Open,
    }

    public int Number => greeting.Tunnel;

    protected bool IsOpen => _phase == Phase.Open;

    /// <summary>Writes what follows the greeting at once, and returns how much that is.</summary>
    protected virtual int WriteFirst(Span<byte> into) => 0;

    /// <summary>The greeting was sent.</summary>
    protected abstract void OnOpen();

    /// <summary>Something can be read on the open tunnel.</summary>
    protected abstract void OnTunnelReadable();

    /// <summary>Something can be written on the open tunnel.</summary>
    protected abstract void OnTunnelWritable();

    protected sealed override void OnReadable()
    {
        switch (_phase)
        {
            case Phase.Connecting:
                Fail(PendingError() ?? "the connection ended as it began");
                break;
            case Phase.Asking:
                ReadHead();
                break;
            default:
                OnTunnelReadable();
                break;
        }
    }

    protected sealed override void OnWritable()
    {
        if (_phase != Phase.Connecting)
        {
            OnTunnelWritable();
        }
        else if (PendingError() is { } error)
        {
            Fail(error);
        }
        else if (entrance.Authority is { } authority)
        {
            _phase = Phase.Asking;
            _head = new StringBuilder();
            Interest = PollEvents.Read;
            SendWhole(Encoding.ASCII.GetBytes($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n"));
        }
        else
        {
            Greet();
        }
    }

    /// <summary>Where the chain passes on ends of one direction, ours ends, and the tunnel is over when the origin's does too; else it is closed.</summary>
    protected void BeginEnd()
    {
        if (entrance.KnowsHalfClose)
        {
            Interest = PollEvents.Read;
            Finish();
        }
        else
        {
            Close();
        }
    }

    /// <summary>Sends little on a tunnel that has room for it.</summary>
    protected void SendWhole(ReadOnlySpan<byte> bytes)
    {
        var count = Send(bytes);
        if (count != bytes.Length)
        {
            Fail(count == -2 ? "it broke" : $"there was no room for {bytes.Length} bytes");
        }
    }

    protected void Fail(string reason) => throw new DriveFailure($"tunnel {Number}: {reason}");

    private void Greet()
    {
        Span<byte> first = stackalloc byte[FirstSize];
        greeting.Write(first);
        SendWhole(first[..(Greeting.Size + WriteFirst(first[Greeting.Size..]))]);
        _phase = Phase.Open;
        OnOpen();
    }

    /// <summary>Byte by byte, so that nothing behind the head is taken.</summary>
    private void ReadHead()
    {
        Span<byte> one = stackalloc byte[1];
        while (Receive(one) is not -1 and var count)
        {
            if (count <= 0)
            {
                Fail("it ended in place of an answer to CONNECT");
            }

            _head!.Append((char)one[0]);
            if (one[0] == (byte)'\n' && _head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                var status = _head.ToString().Split("\r\n")[0];
                if (!status.StartsWith("HTTP/1.1 2", StringComparison.Ordinal))
                {
                    Fail($"the CONNECT was answered by {status}");
                }

                _head = null;
                Greet();
                return;
            }
        }
    }
}
