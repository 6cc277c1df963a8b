using Microsoft.Extensions.Hosting;

namespace ActorTunnel.Mesh.Lives;

/// <summary>For a host inside this process: signals are the process's business, and the owner stops the host.</summary>
public sealed class NoHostLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
