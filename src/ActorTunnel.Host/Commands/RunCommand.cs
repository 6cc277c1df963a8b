using System.CommandLine;
using System.Net;
using ActorTunnel.Host.Admin;
using ActorTunnel.Host.Certificates;
using ActorTunnel.Host.Configuration;
using ActorTunnel.Host.Hosting;
using ActorTunnel.Mesh;
using ActorTunnel.Proxy;
using ActorTunnel.Proxy.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ActorTunnel.Host.Commands;

/// <summary>
/// <c>actortunnel run</c>: a node until SIGTERM or Ctrl-C. Standard output: <c>listener NAME listens on A:P</c> for each,
/// <c>mesh listens on HOST:P</c> for a member of a mesh, <c>admin listens on http://A:P</c> where there is an admin server, <c>ready</c>, then lines that begin with <c>access</c> and <c>session</c>, and <c>stopping</c> and
/// <c>stopped</c> at the end. All else is on standard error, the progress of a drain in lines that begin with <c>draining</c>.
/// </summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var configuration = new ConfigurationArguments();
        var command = new Command(
            "run", "Runs a node as its configuration says, until SIGTERM or Ctrl-C; then open tunnels have drain.timeout to end.");
        configuration.AddTo(command);
        command.SetAction((parsed, stop) =>
        {
            var console = parsed.InvocationConfiguration;
            switch (configuration.Load(parsed))
            {
                case ConfigurationOutcome.Loaded loaded:
                    ConfigurationArguments.WriteWarnings(loaded.Warnings, console.Error);
                    return RunAsync(loaded, console.Output, console.Error, stop);
                case ConfigurationOutcome.Rejected rejected:
                    ConfigurationArguments.WriteMistakes(rejected.Mistakes, console.Error);
                    return Task.FromResult(ExitCode.Mistake);
                case var outcome:
                    throw new ArgumentOutOfRangeException(nameof(parsed), outcome, null);
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(
        ConfigurationOutcome.Loaded configuration, TextWriter output, TextWriter error, CancellationToken stop)
    {
        await using var log = new OutputLog(output, error);
        // A drain does not wait for a reader of standard error either.
        await using var progress = new OutputLog(error, TextWriter.Null);
        using var host = await StartHostAsync(configuration, log, progress, error);
        if (host is null)
        {
            return ExitCode.Mistake;
        }

        if (FailedStartOf(host, configuration.Node) is { } problem)
        {
            await error.WriteLineAsync(problem);
            await host.StopAsync(CancellationToken.None);
            return ExitCode.Failure;
        }

        // On Windows this would be the closing of the console.
        using var hangup = OperatingSystem.IsWindows() ? null : ProcessSignals.OnHangup(host.Services.GetRequiredService<CertificateReloader>().LookNow);
        WriteAddresses(host, configuration, log);
        var systemEnded = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, systemEnded);
        await Task.Delay(Timeout.InfiniteTimeSpan, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        log.Write("stopping");
        var stopped = await TryStopAsync(host, error);
        log.Write("stopped");
        if (!stop.IsCancellationRequested)
        {
            await error.WriteLineAsync("the actor system ended by itself; the log above says why");
            return ExitCode.Failure;
        }

        return stopped ? ExitCode.Success : ExitCode.Failure;
    }

    private static async Task<IHost?> StartHostAsync(
        ConfigurationOutcome.Loaded configuration, OutputLog log, OutputLog progress, TextWriter error)
    {
        IHost? host = null;
        try
        {
            host = NodeHost.Build(configuration, log, progress.Write);
            await host.StartAsync(CancellationToken.None);
            return host;
        }
        catch (Exception exception) when (configuration.AkkaHocon.Length > 0)
        {
            // Akka reads its keys one by one while it starts and has an exception of another type for each that it cannot use.
            await error.WriteLineAsync($"the akka block cannot be used: {InnermostOf(exception).Message.ReplaceLineEndings(" ")}");
            host?.Dispose();
            return null;
        }
    }

    // Remoting wraps what it cannot read several times over, and GetBaseException stops at the first that is no AggregateException.
    private static Exception InnermostOf(Exception exception) => exception.InnerException is { } inner ? InnermostOf(inner) : exception;

    private static string? FailedStartOf(IHost host, NodeSettings node) =>
        host.Services.GetService<AdminService>()?.Start is AdminStart.BindFailed admin ? $"admin.bind: {admin.Address} {BindProblem.Of(admin.Error)}"
        : host.Services.GetRequiredService<NodeService>().Start is ProxyStart.BindFailed failed
            ? $"listeners.{failed.Listener}.bind: {failed.Address} {BindProblem.Of(failed.Error, IsTransparent(node, failed.Address))}"
        : host.Services.GetService<MeshService>()?.Start is MeshStart.BindFailed mesh ? $"mesh.bind: {mesh.Address} {mesh.Problem}"
        : null;

    private static void WriteAddresses(IHost host, ConfigurationOutcome.Loaded configuration, OutputLog log)
    {
        if (host.Services.GetRequiredService<NodeService>().Start is not ProxyStart.Started started)
        {
            throw new InvalidOperationException("The host was started, and its node was not.");
        }

        foreach (var listener in configuration.Node.Listeners)
        {
            var line = $"listener {listener.Name} listens on {started.Node.Bound[listener.Name]}";
            log.Write(line);
        }

        if (host.Services.GetService<MeshService>()?.Node is { } member)
        {
            log.Write($"mesh listens on {member.Address}");
        }

        if (host.Services.GetService<AdminService>()?.Start is AdminStart.Started admin)
        {
            log.Write($"admin listens on http://{admin.Address}");
        }

        log.Write("ready");
    }

    private static async Task<bool> TryStopAsync(IHost host, TextWriter error)
    {
        try
        {
            await host.StopAsync(CancellationToken.None);
            return true;
        }
        catch (Exception exception) when (exception is OperationCanceledException or AggregateException)
        {
            // The host's own deadline has passed; what is still open goes with the process, as resets.
            await error.WriteLineAsync($"the stop took too long: {exception.GetBaseException().Message}");
            return false;
        }
    }

    private static bool IsTransparent(NodeSettings node, IPEndPoint address) => node.Listeners.Any(
        listener => listener is TunnelListenerSettings { OriginalDestination: OriginalDestinationMode.Tproxy } && listener.Bind.Equals(address));
}
