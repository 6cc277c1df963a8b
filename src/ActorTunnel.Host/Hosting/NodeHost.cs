using System.Diagnostics.Metrics;
using ActorTunnel.Host.Admin;
using ActorTunnel.Host.Certificates;
using ActorTunnel.Host.Configuration;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Mesh.Lives;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Upstreams;
using Akka.Configuration;
using Akka.Event;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace ActorTunnel.Host.Hosting;

/// <summary>
/// Composes the host of a node: the data plane's actor system, and the proxy in it. The host takes no signals and reads no
/// configuration of its own; who built it starts and stops it.
/// </summary>
internal static class NodeHost
{
    /// <summary>What a stop may take beyond the drain: GOAWAY and its second, the ends of tunnels, the actor system.</summary>
    public static readonly TimeSpan StopMargin = TimeSpan.FromSeconds(8);

    private const string SystemName = "actortunnel";

    /// <summary>Stronger than the file's <c>akka</c> block: what this program rests on.</summary>
    private const string Required =
        """
        akka.actor.provider = local
        # The host decides when the system ends, and a signal when the host does.
        akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
        akka.coordinated-shutdown.exit-clr = off
        # Standard output is the access log's, also for what loggers have not taken when the system ends.
        akka.stdout-loglevel = OFF
        akka.stdout-logger-class = "ActorTunnel.Mesh.Lives.NoStandardOutput, ActorTunnel.Mesh"
        """;

    /// <summary>Weaker than the file's: quiet, and an ended actor that gets one more message is nothing to tell of.</summary>
    private const string Defaults =
        """
        akka.loglevel = WARNING
        akka.log-dead-letters = off
        akka.log-dead-letters-during-shutdown = off
        # Our timers are of seconds, and the wheel costs 4 % of a core with its 10 ms.
        akka.scheduler.tick-duration = 100ms
        """;

    /// <param name="configuration">What the node is.</param>
    /// <param name="log">Takes the access log and the session log.</param>
    /// <param name="sayProgress">Takes lines for people while the node drains; must not block.</param>
    /// <exception cref="ArgumentException">The <c>akka</c> block's log level is none.</exception>
    public static IHost Build(ConfigurationOutcome.Loaded configuration, OutputLog log, Action<string> sayProgress)
    {
        // Empty: no appsettings.json, no environment variables.
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton<IHostLifetime, NoHostLifetime>();
        builder.Services.Configure<HostOptions>(options =>
        {
            options.ShutdownTimeout = DrainService.TimesOf(configuration).Total + StopMargin;
            // A defect of what runs beside the node is logged, and costs no tunnel.
            options.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore;
        });
        AddLogging(builder.Logging);

        var akka = ConfigurationFactory.ParseString(configuration.AkkaHocon).WithFallback(ConfigurationFactory.ParseString(Defaults));
        builder.Services.AddAkka(SystemName, system => system
            .ConfigureLoggers(loggers =>
            {
                loggers.LogLevel = Logging.LogLevelFor(akka.GetString("akka.loglevel"));
                loggers.ClearLoggers();
                loggers.AddLoggerFactory();
            })
            .AddHocon(akka, HoconAddMode.Append)
            .AddHocon(Required, HoconAddMode.Prepend));

        // Behind Akka's own service: started after it, stopped before it.
        builder.Services.AddSingleton<BufferPool>();
        builder.Services.AddSingleton(services =>
        {
            var factory = services.GetRequiredService<IMeterFactory>();
            BufferMeters.Create(factory, services.GetRequiredService<BufferPool>());
            return new ProxyMeters(factory);
        });
        builder.Services.AddSingleton(configuration.Node);
        builder.Services.AddSingleton(log);
        builder.Services.AddSingleton<TerminatorDirectory>();
        builder.Services.AddSingleton<NodeService>();
        if (configuration.Mesh is { } mesh)
        {
            builder.Services.AddSingleton(mesh);
            builder.Services.AddSingleton<MeshService>();
        }

        builder.Services.AddSingleton(services =>
            new DrainService(configuration, services.GetRequiredService<NodeService>(), services.GetService<MeshService>(), sayProgress));
        if (configuration.Admin is { } admin)
        {
            builder.Services.AddSingleton(admin);
            builder.Services.AddSingleton(configuration);
            builder.Services.AddSingleton<AdminService>();
            builder.Services.AddHostedService(services => services.GetRequiredService<AdminService>());
        }

        builder.Services.AddHostedService(services => services.GetRequiredService<NodeService>());
        if (configuration.Mesh is not null)
        {
            builder.Services.AddHostedService(services => services.GetRequiredService<MeshService>());
        }

        builder.Services.AddSingleton(services => new CertificateReloader(
            configuration.Certificates,
            section => Use(section, services),
            services.GetRequiredService<ProxyMeters>(),
            services.GetRequiredService<ILogger<CertificateReloader>>(),
            TimeProvider.System));
        builder.Services.AddHostedService(services => services.GetRequiredService<CertificateReloader>());
        builder.Services.AddHostedService(services => services.GetRequiredService<DrainService>());
        return builder.Build();
    }

    private static void Use(TlsSection section, IServiceProvider services)
    {
        if (section is TlsSection.OfMesh mesh)
        {
            services.GetRequiredService<MeshService>().Use(mesh);
        }
        else
        {
            services.GetRequiredService<NodeService>().Use(section);
        }
    }

    /// <summary>Log messages go to standard error, one line each, in the hosts of this process alike.</summary>
    internal static void AddLogging(ILoggingBuilder logging)
    {
        // Akka filters by its own level; the host tells of each service that it starts.
        logging.SetMinimumLevel(LogLevel.Debug).AddFilter("Microsoft", LogLevel.Warning);
        logging.AddConsole(console =>
        {
            console.FormatterName = StandardErrorFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            // A reader that is too slow costs log lines, not tunnels.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        logging.AddConsoleFormatter<StandardErrorFormatter, ConsoleFormatterOptions>();
    }
}
