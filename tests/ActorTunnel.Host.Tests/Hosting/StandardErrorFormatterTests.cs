using ActorTunnel.Host.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ActorTunnel.Host.Tests.Hosting;

public sealed class StandardErrorFormatterTests
{
    [Theory]
    [InlineData("akka://actortunnel/user/listener-tunnel-in", "listener-tunnel-in")]
    [InlineData("akka.ssl.tcp://actortunnel-mesh@127.0.0.1:2551/user/mesh", "mesh")]
    [InlineData("akka.tcp://actortunnel-mesh@[::1]:2551/user/mesh", "mesh")]
    [InlineData("akka.ssl.tcp://actortunnel-mesh@127.0.0.1:2551/system/cluster/core/daemon", "system/cluster/core/daemon")]
    [InlineData("RemoteActorRefProvider (akka://actortunnel-mesh)", "RemoteActorRefProvider (akka://actortunnel-mesh)")]
    public void What_Akka_puts_in_front_is_left_out_but_for_the_actors_path(string source, string said)
    {
        var entry = new LogEntry<Dictionary<string, object>>(
            LogLevel.Warning,
            "Akka.Actor.ActorSystem",
            eventId: 0,
            new Dictionary<string, object> { ["LogSource"] = source },
            exception: null,
            (_, _) => $"[WARNING][11/28/2026 06:28:07.609Z][Thread 0005][{source}] it rains [here]");
        using var line = new StringWriter();

        new StandardErrorFormatter().Write(entry, scopeProvider: null, line);

        Assert.EndsWith($"Z warning {said}: it rains [here]\n", line.ToString(), StringComparison.Ordinal);
    }
}
