using Akka;
using Akka.Actor;

namespace ActorTunnel.Mesh.Lives;

/// <summary>
/// Holds Akka's coordinated shutdown in its first phase until the life really ends. Akka.Remote begins one whenever a TLS handshake fails that this node dialled, which a process
/// that was stopped or killed at the wrong moment makes it do, and another program on a port that was a member's; a shutdown once begun cannot be taken back, but it can be held.
/// </summary>
internal sealed class ShutdownGate
{
    private readonly TaskCompletionSource<Done> _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="system">A new one: it has not dialled anybody.</param>
    public ShutdownGate(ActorSystem system)
    {
        var shutdown = CoordinatedShutdown.Get(system);
        shutdown.AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "life-ends", () =>
        {
            if (shutdown.ShutdownReason is CoordinatedShutdown.ClusterDowningReason or CoordinatedShutdown.ClusterLeavingReason)
            {
                Open();
            }

            return _open.Task;
        });
    }

    /// <summary>The life ends: a shutdown that is held goes on, and one that is begun later is not held.</summary>
    public void Open() => _open.TrySetResult(Done.Instance);
}
