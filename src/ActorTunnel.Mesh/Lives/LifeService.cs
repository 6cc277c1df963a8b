using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ActorTunnel.Mesh.Lives;

/// <summary>
/// The actor system within a life's host. Akka.Hosting's own service writes to standard output when it cannot start, sets the process's exit code when the cluster is left,
/// and stops the host when the system ends: all of that is the business of the life's owner here.
/// </summary>
internal sealed class LifeService(
    AkkaConfigurationBuilder builder, IServiceProvider services, ILogger<AkkaHostedService> logger, IHostApplicationLifetime? lifetime)
    : AkkaHostedService(builder, services, logger, lifetime)
{
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        ActorSystem = ServiceProvider.GetRequiredService<ActorSystem>();
        return Task.CompletedTask;
    }

    public override Task StopAsync(CancellationToken cancellationToken) => ActorSystem?.Terminate().WaitAsync(cancellationToken) ?? Task.CompletedTask;
}
