using System.Net;
using System.Net.Sockets;
using ActorTunnel.Host.Hosting;
using ActorTunnel.Mesh.Lives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;

namespace ActorTunnel.Host.Admin;

/// <summary>
/// The HTTP side of the admin pages: a small host of its own with few connections and short waits, so that whatever happens to it is no
/// business of the tunnels. HTTP/1.1 without TLS, on a loopback address.
/// </summary>
internal sealed class AdminServer : IAsyncDisposable
{
    private const int MaxConnections = 64;

    // A request under way at a stop is a question that can be asked elsewhere.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(1);

    private readonly WebApplication _application;

    private AdminServer(WebApplication application)
    {
        _application = application;
    }

    /// <summary>Binds and serves until the server is disposed.</summary>
    /// <param name="settings">Where.</param>
    /// <param name="pages">What.</param>
    /// <param name="metrics">What <c>/metrics</c> shows; stays the caller's.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <returns>The server, or null where the address could not be bound.</returns>
    public static async Task<(AdminServer? Server, AdminStart Start)> StartAsync(
        AdminSettings settings, AdminPages pages, MeterProvider metrics, CancellationToken cancellation)
    {
        var application = Build(settings, pages, metrics);
        try
        {
            await application.StartAsync(cancellation);
        }
        catch (Exception exception) when (exception.GetBaseException() is SocketException socket)
        {
            // Kestrel turns the most common errors of a bind into an IOException with this one inside, and leaves the others as they are.
            await application.DisposeAsync();
            return (null, new AdminStart.BindFailed(settings.Bind, socket.SocketErrorCode));
        }

        var url = new Uri(application.Urls.Single());
        return (new AdminServer(application), new AdminStart.Started(new IPEndPoint(settings.Bind.Address, url.Port)));
    }

    /// <summary>Stops listening and waits a second for requests under way.</summary>
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private static WebApplication Build(AdminSettings settings, AdminPages pages, MeterProvider metrics)
    {
        // Empty: no configuration files, no environment variables, no console lifetime that would take this process's signals.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        NodeHost.AddLogging(builder.Logging);
        // A failed start is told by who started it.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.Services.AddSingleton<IHostLifetime, NoHostLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = StopTimeout);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Listen(settings.Bind, listen => listen.Protocols = HttpProtocols.Http1);
        });

        var application = builder.Build();
        var gate = new AdminGate(settings.Bind.Address);
        application.Use(next => context => gate.PassAsync(context, next));
        application.UseOpenTelemetryPrometheusScrapingEndpoint(
            metrics, predicate: null, path: "/metrics", configureBranchedPipeline: null, optionsName: null);
        application.Run(pages.AnswerAsync);
        return application;
    }
}
