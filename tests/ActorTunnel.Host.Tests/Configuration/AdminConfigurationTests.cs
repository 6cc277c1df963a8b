using System.Net;
using Xunit;

namespace ActorTunnel.Host.Tests.Configuration;

public sealed class AdminConfigurationTests : ConfigurationTest
{
    private const string Valid =
        """
        actortunnel {
          listeners.in { bind = "127.0.0.1:1", connect { routes = [{ authority = "*", upstream = origin }] } }
          upstreams.origin { endpoints = ["127.0.0.1:3"] }
        }

        """;

    [Theory]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.8.9.10:9903")]
    [InlineData("[::1]:9903")]
    public void A_loopback_address_is_taken_and_shown_in_the_effective_settings(string bind)
    {
        var loaded = Load(Valid + $"actortunnel.admin.bind = \"{bind}\"");

        Assert.Equal(IPEndPoint.Parse(bind), loaded.Admin?.Bind);
        Assert.Contains($"bind = \"{bind}\"", loaded.Render(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.0.0.0:9903")]
    [InlineData("[::]:9903")]
    [InlineData("192.0.2.1:9903")]
    public void Another_address_is_a_mistake_that_says_why(string bind)
    {
        var mistake = Assert.Single(Mistakes(Valid + $"actortunnel.admin.bind = \"{bind}\""));

        Assert.Contains($"actortunnel.admin.bind = \"{bind}\": is no loopback address", mistake, StringComparison.Ordinal);
        Assert.Contains("allowed: a loopback address and a port", mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void The_address_of_a_listener_is_a_mistake()
    {
        var mistake = Assert.Single(Mistakes(Valid + "actortunnel.admin.bind = \"127.0.0.1:1\""));

        Assert.Contains("listener 'in' is bound there already", mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void Null_turns_off_what_an_earlier_file_turned_on() =>
        Assert.Null(Load(Valid + "actortunnel.admin.bind = \"127.0.0.1:9903\"", "admin.bind=null").Admin);
}
