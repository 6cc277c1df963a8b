using System.Globalization;
using ActorTunnel.Mesh.Membership;
using ActorTunnel.Mesh.Messages;
using Akka.Cluster.Hosting;
using Akka.Configuration;
using Akka.Event;
using Akka.Hosting;
using Akka.Remote.Hosting;

namespace ActorTunnel.Mesh.Lives;

/// <summary>Akka's configuration of a life: what the mesh rests on, over the file's <c>akka</c> block, over our defaults, over Akka's.</summary>
internal static class LifeConfiguration
{
    /// <summary>Part of each member's address.</summary>
    public const string SystemName = "actortunnel-mesh";

    private const string Required =
        """
        akka {
          # Standard output is the access log's.
          stdout-loglevel = OFF
          stdout-logger-class = "ActorTunnel.Mesh.Lives.NoStandardOutput, ActorTunnel.Mesh"
          coordinated-shutdown {
            # The node decides when the process ends.
            run-by-clr-shutdown-hook = off
            exit-clr = off
            # So that a system can be ended at once. Leaving in order is asked for.
            run-by-actor-system-terminate = off
            # ShutdownGate holds it here, for as long as Akka's timers go.
            phases.before-service-unbind.timeout = 20d
          }
          cluster {
            # A member that was downed ends its system, and so its life.
            run-coordinated-shutdown-when-down = on
            # The list is made anew for each life.
            seed-nodes = []
            shutdown-after-unsuccessful-join-seed-nodes = off
            downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
            split-brain-resolver {
              active-strategy = keep-majority
              keep-majority.role = terminator
            }
          }
          remote {
            # No peer ends an actor or starts one here, and reaches no others than those that talk to peers.
            untrusted-mode = on
            trusted-selection-paths = ["/user/mesh", "/user/islands", "/system/cluster/core/daemon", "/system/cluster/heartbeatReceiver"]
            # .NET makes it SO_REUSEPORT too, and two nodes would share a port unnoticed.
            dot-netty.tcp.tcp-reuse-addr = off
            # It holds back what is written after a read that came with the end of TLS's handshake, until the next read: an answer to a greeting, which the peer then waits for in vain.
            dot-netty.tcp.batching.enabled = off
            # Two that dial each other at one time each read what the other dialled; one that gave its dial up wrote on the other's instead, where nobody read.
            use-passive-connections = off
          }
          # In the place of Akka's: see "What a peer may make a member do".
          actor.serializers {
            json = "ActorTunnel.Mesh.Lives.NoObjects, ActorTunnel.Mesh"
            akka-system-msg = "ActorTunnel.Mesh.Lives.NoSystemMessages, ActorTunnel.Mesh"
            daemon-create = "ActorTunnel.Mesh.Lives.NoDeployment, ActorTunnel.Mesh"
            akka-misc = "ActorTunnel.Mesh.Lives.IdentifySerializer, ActorTunnel.Mesh"
          }
        }
        """;

    private const string Defaults =
        """
        akka {
          loglevel = WARNING
          log-dead-letters = off
          log-dead-letters-during-shutdown = off
          # Our timers are of seconds, and the wheel costs 4 % of a core with its 10 ms.
          scheduler.tick-duration = 100ms
          cluster {
            gossip-interval = 1s
            seed-node-timeout = 3s
            # Also how soon a node is let in again on an address whose last member was not gone yet.
            retry-unsuccessful-join-after = 2s
            failure-detector {
              acceptable-heartbeat-pause = 5s
              monitored-by-nr-of-members = 3
            }
            split-brain-resolver {
              stable-after = 20s
              down-all-when-unstable = off
            }
          }
          remote {
            # Each dial would be told of.
            log-remote-lifecycle-events = off
            retry-gate-closed-for = 1s
            # A partition that heals is noticed only when a dial that hangs in it is given up.
            dot-netty.tcp.connection-timeout = 3s
            # A connection that was cut for long is retransmitted on ever more rarely; a new one is through at once.
            transport-failure-detector.acceptable-heartbeat-pause = 10s
            flush-wait-on-shutdown = 1s
            watch-failure-detector.acceptable-heartbeat-pause = 5s
          }
          coordinated-shutdown.phases {
            cluster-leave.timeout = 10s
            cluster-exiting.timeout = 15s
            cluster-exiting-done.timeout = 5s
            actor-system-terminate.timeout = 5s
          }
        }
        """;

    /// <summary>Sets up <paramref name="system"/> for a life.</summary>
    public static void Apply(AkkaConfigurationBuilder system, MeshSettings settings, MeshIdentity identity, MeshTls? tls)
    {
        var weaker = ConfigurationFactory.ParseString(settings.AkkaHocon).WithFallback(ConfigurationFactory.ParseString(Defaults));
        var remote = new RemoteOptions
        {
            HostName = settings.Bind.Address.ToString(),
            Port = settings.Bind.Port,
            PublicHostName = settings.Advertise?.Host,
            PublicPort = settings.Advertise?.Port,
            EnableSsl = false,
        };
        if (tls is not null)
        {
            MemberTls.Apply(tls, remote);
        }

        system
            .ConfigureLoggers(loggers =>
            {
                loggers.LogLevel = Logging.LogLevelFor(weaker.GetString("akka.loglevel"));
                loggers.ClearLoggers();
                loggers.AddLogger<MeshLogger>();
            })
            .AddHocon(weaker, HoconAddMode.Append)
            .WithRemoting(remote)
            .WithClustering()
            .WithCustomSerializer(
                IslandsSerializer.Name, [typeof(IslandsProtocol.WhichIsland), typeof(IslandsProtocol.IslandKnown)], extended => new IslandsSerializer(extended))
            .AddHocon(MeshSerializer.Hocon, HoconAddMode.Prepend)
            .AddHocon(Required, HoconAddMode.Prepend)
            .AddHocon(OfNode(settings, identity), HoconAddMode.Prepend);
    }

    // Akka.Cluster.Hosting's options write roles without quotes, and ours have '=' and ':' in them.
    private static string OfNode(MeshSettings settings, MeshIdentity identity) =>
        string.Create(CultureInfo.InvariantCulture, $"""
            akka.cluster.roles = [{string.Join(", ", MemberRoles.Of(settings, identity).Format().Select(role => $"\"{role}\""))}]
            akka.cluster.app-version = "{identity.Version}"
            """);
}
