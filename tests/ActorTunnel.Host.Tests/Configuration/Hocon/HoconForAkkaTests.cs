using ActorTunnel.Host.Configuration.Hocon;
using Akka.Configuration;
using Xunit;

namespace ActorTunnel.Host.Tests.Configuration.Hocon;

/// <summary>What the renderer writes is read by Akka's own parser.</summary>
public sealed class HoconForAkkaTests
{
    [Fact]
    public void Akka_reads_the_same_values()
    {
        var config = Rendered(
            """
            prefix = "/user"
            akka {
              loglevel = DEBUG
              actor.deployment {
                "/a.b/c*" { router = round-robin-pool, nr-of-instances = 5 }
              }
              actor.provider = "Akka.Cluster.ClusterActorRefProvider, Akka.Cluster"
              remote.dot-netty.tcp { port = 0, hostname = "::1", applied-adapters = ["trttl", gremlin] }
              scheduler.tick-duration = 100 ms
              on = true
              ratio = 0.25
              empty = ""
              path = ${prefix}/x
              text = "tab\tquote\"backslash\\ new\nline # no comment // either ${x}"
              cluster.roles = []
              coordinated-shutdown { }
            }
            """);

        Assert.Equal("DEBUG", config.GetString("akka.loglevel"));
        Assert.Equal(5, config.GetInt("akka.actor.deployment.\"/a.b/c*\".nr-of-instances"));
        Assert.Equal("Akka.Cluster.ClusterActorRefProvider, Akka.Cluster", config.GetString("akka.actor.provider"));
        Assert.Equal("::1", config.GetString("akka.remote.dot-netty.tcp.hostname"));
        Assert.Equal(["trttl", "gremlin"], config.GetStringList("akka.remote.dot-netty.tcp.applied-adapters"));
        Assert.Equal(TimeSpan.FromMilliseconds(100), config.GetTimeSpan("akka.scheduler.tick-duration"));
        Assert.True(config.GetBoolean("akka.on"));
        Assert.Equal(0.25, config.GetDouble("akka.ratio"));
        Assert.Equal("", config.GetString("akka.empty", "default"));
        Assert.Equal("/user/x", config.GetString("akka.path"));
        Assert.Equal("tab\tquote\"backslash\\ new\nline # no comment // either ${x}", config.GetString("akka.text"));
        Assert.Empty(config.GetStringList("akka.cluster.roles"));
    }

    [Fact]
    public void What_akkas_own_parser_hangs_on_is_refused_before()
    {
        var mistake = HoconTexts.ResolutionMistake("akka { a = ${akka.b}, b = ${akka.a} }");

        Assert.StartsWith("substitutions in a circle", mistake.Problem, StringComparison.Ordinal);
    }

    private static Config Rendered(string text)
    {
        var root = HoconTexts.Document(text).Root;
        return ConfigurationFactory.ParseString(HoconRenderer.Render(new HoconObject([root.Find("akka")!], root.Place)));
    }
}
