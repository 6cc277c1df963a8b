using System.Net;

namespace ActorTunnel.Benchmarks.Harness.Polling;

/// <summary>Accepts connections and hands their descriptors on.</summary>
/// <param name="poller">Who serves it.</param>
/// <param name="address">Where to listen.</param>
/// <param name="accepted">Owns the descriptor.</param>
internal sealed class PolledListener(Poller poller, IPEndPoint address, Action<int> accepted) : PolledSocket(poller, Listen(address), PollEvents.Read)
{
    private const int MostAtOnce = 64;

    protected override void OnReadable()
    {
        for (var i = 0; i < MostAtOnce && Accept() is >= 0 and var descriptor; i++)
        {
            accepted(descriptor);
        }
    }

    protected override void OnWritable()
    {
        // A listener never asks for it.
    }
}
