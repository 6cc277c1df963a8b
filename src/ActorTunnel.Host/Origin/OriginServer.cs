using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using ActorTunnel.Host.Commands;
using ActorTunnel.Host.Hosting;
using ActorTunnel.Mesh.Lives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace ActorTunnel.Host.Origin;

/// <summary>
/// A small HTTPS server, HTTP/1.1 and HTTP/2, for trying a tunnel where there is no internet. It has no limits on sizes and speeds: what
/// is being tried is the tunnel.
/// </summary>
public sealed class OriginServer : IAsyncDisposable
{
    // Requests under way at a stop are cut off soon; they are experiments.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(1);

    private readonly WebApplication _application;
    private readonly X509Certificate2? _ownCertificate;

    private OriginServer(WebApplication application, X509Certificate2? ownCertificate, IPEndPoint localEndPoint)
    {
        _application = application;
        _ownCertificate = ownCertificate;
        LocalEndPoint = localEndPoint;
    }

    /// <summary>Where it listens, with the real port.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Binds and serves until the server is disposed.</summary>
    /// <param name="bind">Port 0 takes a free one.</param>
    /// <param name="certificate">With its private key; it stays the caller's. Null: one made for this run, of an authority that nobody knows.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    public static async Task<OriginServer> StartAsync(IPEndPoint bind, X509Certificate2? certificate, CancellationToken cancellation)
    {
        var ownCertificate = certificate is null ? MakeCertificate() : null;
        var application = Build(bind, certificate ?? ownCertificate!);
        try
        {
            await application.StartAsync(cancellation);
        }
        catch (Exception exception)
        {
            await application.DisposeAsync();
            ownCertificate?.Dispose();
            if (exception is SocketException)
            {
                // Kestrel turns only the most common errors of a bind into an IOException.
                throw new IOException(exception.Message, exception);
            }

            throw;
        }

        var url = new Uri(application.Urls.Single());
        return new OriginServer(application, ownCertificate, IPEndPoint.Parse($"{url.Host}:{url.Port}"));
    }

    /// <summary>Stops listening and waits a second for requests under way.</summary>
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
        _ownCertificate?.Dispose();
    }

    private static WebApplication Build(IPEndPoint bind, X509Certificate2 certificate)
    {
        // Empty: no configuration files, no environment variables, no console lifetime that would take this process's signals.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        // A failed start is the caller's to tell; what is left are defects of a page.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None).AddSimpleConsole();
        builder.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddSingleton<IHostLifetime, NoHostLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = StopTimeout);

        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(bind, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(certificate);
            });
        });

        var application = builder.Build();
        application.Run(OriginPages.HandleAsync);
        return application;
    }

    private static X509Certificate2 MakeCertificate()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var authority = CertificateAuthority.Create(now);
        return authority.Issue(CertificateUsage.Server, CertificateNames.Localhost, now, days: 30);
    }
}
