using ActorTunnel.Benchmarks.Harness.Bytes;
using ActorTunnel.Benchmarks.Harness.Polling;

namespace ActorTunnel.Benchmarks.Harness.Tunnels;

/// <summary>A tunnel that carries as much as goes, until it is told to stop.</summary>
/// <param name="poller">Who serves it.</param>
/// <param name="entrance">The chain.</param>
/// <param name="number">The tunnel's.</param>
/// <param name="role">The origin's part in it: sink, source, both or stall.</param>
/// <param name="buffer">For what is read; one for all tunnels, since it is used up at once.</param>
internal sealed class BulkTunnel(Poller poller, Entrance entrance, int number, OriginRole role, byte[] buffer)
    : ClientTunnel(poller, entrance, new Greeting(role, number))
{
    private const int Piece = 128 * 1024;

    private BulkCheck _check = new(number);
    private bool _isEnding;

    /// <summary>Bytes that the kernel took.</summary>
    public long Sent { get; private set; }

    /// <summary>Bytes that arrived and were right.</summary>
    public long Received => _check.Right;

    /// <summary>What was sent is all that is.</summary>
    public void StopSending() => Interest &= ~PollEvents.Write;

    /// <summary>Goes on after <see cref="StopSending"/>.</summary>
    public void SendOn() => Interest |= PollEvents.Write;

    /// <summary>To be called when all has arrived.</summary>
    public void End()
    {
        _isEnding = true;
        BeginEnd();
    }

    protected override void OnOpen() =>
        Interest = role == OriginRole.Source ? PollEvents.Read : PollEvents.Read | PollEvents.Write;

    protected override void OnTunnelWritable()
    {
        switch (Send(BulkPattern.At(Number, Sent, Piece)))
        {
            case -1:
                break;
            case -2:
                Fail($"it broke after {Sent} bytes");
                break;
            case var count:
                Sent += count;
                break;
        }
    }

    protected override void OnTunnelReadable()
    {
        switch (Receive(buffer))
        {
            case -1:
                break;
            case 0 when _isEnding:
                Close();
                break;
            case 0:
                Fail($"it ended after {Received} bytes to us and {Sent} from us");
                break;
            case -2:
                Fail($"it was reset after {Received} bytes to us and {Sent} from us");
                break;
            case var count:
                if (!_check.Add(buffer.AsSpan(0, count)))
                {
                    Fail($"a byte behind the first {Received} is wrong");
                }

                break;
        }
    }
}
