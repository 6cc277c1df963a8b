using ActorTunnel.Host.Configuration;
using ActorTunnel.Host.Tests.Configuration.Hocon;
using ActorTunnel.Proxy.Settings;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ActorTunnel.Host.Tests.Configuration;

public sealed class ConfigurationLoaderTests : ConfigurationTest
{
    private const string Valid =
        """
        actortunnel {
          listeners.in { bind = "127.0.0.1:1", connect { routes = [{ authority = "*", upstream = origin }] } }
          upstreams.origin { endpoints = ["127.0.0.1:3"] }
        }

        """;

    [Fact]
    public void Later_files_win_and_options_win_over_files()
    {
        Folder.Write("a.conf", Valid + "actortunnel.drain.timeout = 1s, actortunnel.limits.dials-per-session = 1");
        Folder.Write("b.conf", "actortunnel.drain.timeout = 2s\nactortunnel.limits { dials-per-session = 2 }");

        var node = Loaded(Run(["a.conf", "b.conf"], "drain.timeout=3s")).Node;

        Assert.Equal((TimeSpan.FromSeconds(3), 2), (node.DrainTimeout, node.Limits.DialsPerSession));
    }

    [Theory]
    [InlineData("listeners.in.bind=127.0.0.1:7")]
    [InlineData("listeners.in.bind = 127.0.0.1:7 ")]
    [InlineData("actortunnel.listeners.in.bind=\"127.0.0.1:7\"")]
    [InlineData("\"listeners\".in.bind=127.0.0.1:7")]
    [InlineData("listeners.in={ bind = \"127.0.0.1:7\" }")]
    [InlineData("listeners.in.bind=${ADDRESS}\":7\"")]
    public void An_option_is_a_path_and_a_text_or_hocon(string option)
    {
        Environment["ADDRESS"] = "127.0.0.1";

        Assert.Equal("127.0.0.1:7", Load(Valid, option).Node.Listeners[0].Bind.ToString());
    }

    [Fact]
    public void Options_may_set_arrays_and_the_akka_object()
    {
        var loaded = Load(Valid, "upstreams.origin.endpoints=[\"a:1\", \"b:2\"]", "akka.loglevel=DEBUG");

        Assert.Equal(["a:1", "b:2"], loaded.Node.Upstreams[0].Endpoints.Select(endpoint => endpoint.ToString()));
        Assert.Equal("akka {\n  loglevel = DEBUG\n}\n", loaded.AkkaHocon);
    }

    [Fact]
    public void The_environment_is_behind_optional_substitutions()
    {
        var text = Valid + "actortunnel.drain.timeout = 1s\nactortunnel.drain.timeout = ${?DRAIN}";

        Assert.Equal(TimeSpan.FromSeconds(1), Load(text).Node.DrainTimeout);
        Environment["DRAIN"] = "9s";
        Assert.Equal(TimeSpan.FromSeconds(9), Load(text).Node.DrainTimeout);
    }

    [Fact]
    public void Keys_at_the_root_may_be_there_to_be_referred_to()
    {
        var loaded = Load("defaults { max-connections = 5 }\n" + Valid + "actortunnel.listeners.in = ${defaults}");

        Assert.Equal(5, loaded.Node.Listeners[0].MaxConnections);
    }

    [Fact]
    public void The_akka_object_is_rendered_with_its_substitutions_resolved()
    {
        var loaded = Load("port = 4053\n" + Valid + "akka.remote { dot-netty.tcp.port = ${port} }");

        Assert.Equal("akka {\n  remote {\n    dot-netty {\n      tcp {\n        port = 4053\n      }\n    }\n  }\n}\n", loaded.AkkaHocon);
    }

    [Fact]
    public void A_null_takes_a_value_back()
    {
        var node = Load(Valid + "actortunnel.listeners.in { tls { cert = nowhere, key = nowhere }, max-connections = 5 }", "listeners.in.tls=null", "listeners.in.max-connections=null").Node;

        var listener = Assert.IsType<ConnectListenerSettings>(node.Listeners[0]);
        Assert.Null(listener.Tls);
        Assert.Equal(50_000, listener.MaxConnections);
    }

    [Fact]
    public void Effective_settings_are_shown_with_all_defaults_in_the_order_of_the_reference()
    {
        var loaded = Load(
            """
            actortunnel {
              drain.timeout = 1500
              upstreams.origin { lb = least-tunnels, endpoints = ["127.0.0.1:3"] }
              listeners.in { connect { routes = [{ upstream = origin, authority = "*" }] }, bind = "127.0.0.1:1" }
              limits.buffers = 32 MiB
              node.event-loops = 3
            }
            """);

        Assert.Equal(
            """
            actortunnel {
              node {
                name = actortunnel
                event-loops = 3
                event-loop-polling = 100us
              }
              listeners {
                in {
                  bind = "127.0.0.1:1"
                  max-connections = 50000
                  proxy-protocol = off
                  peek-timeout = 3s
                  connect {
                    routes = [
                      {
                        authority = "*"
                        upstream = origin
                      },
                    ]
                    http1 = true
                    http2 {
                      stream-window = 512KiB
                      max-stream-window = 16MiB
                      receive-budget = 32MiB
                      max-frame-size = 64KiB
                      max-concurrent-streams = 1000
                      handshake-timeout = 10s
                      ping-interval = 10s
                      ping-timeout = 20s
                      write-timeout = 30s
                      max-age = 1h
                    }
                    origin {
                      idle-timeout = 1h
                      half-closed-idle-timeout = 1h
                      end-delivery-timeout = 5s
                      keepalive {
                        time = 3m
                        interval = 3m
                        probes = 9
                      }
                    }
                  }
                }
              }
              upstreams {
                origin {
                  type = static
                  endpoints = ["127.0.0.1:3"]
                  protocol = tcp
                  connect-timeout = 10s
                  lb = least-tunnels
                  proxy-protocol = off
                }
              }
              limits {
                dials-per-session = 64
                dials-per-process = 1024
                dial-wait = 5s
                dns-timeout = 5s
                buffers = 32MiB
              }
              drain {
                timeout = 1500ms
              }
              mesh { }
              certificates {
                reload-interval = 10s
              }
              admin { }
            }

            """,
            loaded.Render());
    }

    [Theory]
    [InlineData("merged-mtls.conf")]
    [InlineData("encapsulate-h2c.conf")]
    public void Effective_settings_load_again_as_the_same(string example)
    {
        var first = Loaded(Run([Path.Combine(Root, "config", example)], "akka.actor.\"a b\"=[1, x]"));

        var second = Load(first.Render());

        Assert.Equal(first.Render(), second.Render());
        Assert.Equal(HoconTexts.Json(first.Effective), HoconTexts.Json(second.Effective));
    }

    [Fact]
    public void Warnings_tell_what_works_but_should_be_known()
    {
        Time.SetUtcNow(TestCertificates.ValidUntil.AddDays(1));

        var loaded = Load(
            """
            actortunnel {
              listeners.in { bind = "127.0.0.1:1", tunnel { upstream = t, authority = "h:1" } }
              upstreams.t {
                endpoints = ["127.0.0.1:3"], protocol = http2
                tls { insecure-skip-verify = true, cert = "certs/client.pem", key = "certs/client-key.pem" }
              }
              upstreams.unused { endpoints = ["127.0.0.1:3"] }
            }
            """);

        Assert.Equal(
            [
                "a.conf:5:34: actortunnel.upstreams.t.tls.insecure-skip-verify = true: whatever certificate the terminator shows is accepted",
                "a.conf:5:47: actortunnel.upstreams.t.tls.cert = \"certs/client.pem\": the certificate 'CN=client' expired at 2027-01-01 00:00:00Z",
                "a.conf:7:13: actortunnel.upstreams.unused: no listener names this upstream",
            ],
            loaded.Warnings.Select(warning => warning.ToString()));
    }
    [Fact]
    public void A_certificate_that_is_not_valid_yet_is_a_warning()
    {
        Folder.Write("a.conf", Valid + "actortunnel.listeners.in.tls { cert = certs/server.pem, key = certs/server-key.pem }");
        var before = new FakeTimeProvider(TestCertificates.ValidFrom.AddSeconds(-1));

        var loaded = Loaded(new ConfigurationLoader(_ => null, Folder.Path, before).Load(["a.conf"], []));

        Assert.Equal(
            "the certificate 'CN=server' is valid only from 2026-01-01 00:00:00Z", Assert.Single(loaded.Warnings).Problem);
    }
}
