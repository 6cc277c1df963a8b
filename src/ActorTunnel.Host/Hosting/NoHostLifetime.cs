using Microsoft.Extensions.Hosting;

namespace ActorTunnel.Host.Hosting;

/// <summary>For a host inside this process: signals are the process's business, and the owner stops the host.</summary>
internal sealed class NoHostLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
