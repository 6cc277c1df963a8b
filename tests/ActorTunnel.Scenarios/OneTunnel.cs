using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>An application talks to an origin through one tunnel.</summary>
public sealed class OneTunnel : Story
{
    [Theory]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    [InlineData(Security.MutualTls)]
    public async Task Bytes_and_ends_pass_both_ways(Security security)
    {
        var origin = Own(Origin.Echo());
        var topology = Own(await Topology.StartAsync(origin.Address, security));

        await EchoAsync(topology, 3_000_000);
    }

    [Fact]
    public async Task Both_roles_run_in_one_process()
    {
        var origin = Own(Origin.Echo());
        var topology = Own(await Topology.StartMergedAsync(origin.Address));

        await EchoAsync(topology, 3_000_000);

        Assert.Equal(2, topology.Encapsulator.AccessLog.Count);
    }

    [Theory]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task An_origin_may_speak_first(Security security)
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address, security));
        var greeting = Payload.Of(100, seed: 2);
        var answer = Payload.Of(10, seed: 3);
        var (application, far) = await topology.OpenAsync(origin);
        using (application)
        using (far)
        {
            await far.SendAsync(greeting);
            Assert.Equal(greeting, await application.ReceiveAsync(greeting.Length));

            await application.SendAsync(answer);
            Assert.Equal(answer, await far.ReceiveAsync(answer.Length));
        }
    }

    [Fact]
    public async Task Every_part_of_it_is_an_actor_with_a_name_that_ends_with_it()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address));
        var (application, far) = await topology.OpenAsync(origin);
        var connection = await topology.Encapsulator.WatchAsync("listeners/tunnel-in/connection-1");
        var stream = await topology.Encapsulator.WatchAsync("upstreams/terminators/session-1/stream-1");
        var farStream = await topology.Terminator.WatchAsync("listeners/connect-in/connection-1/session/stream-1");
        var session = await topology.Encapsulator.WatchAsync("upstreams/terminators/session-1");

        application.Dispose();
        await far.ExpectToEndAsync([]);
        far.Dispose();

        await connection.ExpectMsgAsync<Akka.Actor.Terminated>(Eventually.Patience);
        await stream.ExpectMsgAsync<Akka.Actor.Terminated>(Eventually.Patience);
        await farStream.ExpectMsgAsync<Akka.Actor.Terminated>(Eventually.Patience);
        Assert.False(session.HasMessages);
    }

    [Fact]
    public async Task The_second_tunnel_goes_over_the_first_ones_session()
    {
        var origin = Own(Origin.Echo());
        var topology = Own(await Topology.StartAsync(origin.Address));

        await EchoAsync(topology, 1_000);
        await EchoAsync(topology, 1_000);

        Assert.Equal(1, topology.Encapsulator.Counters.Sum("sessions.opened"));
        var session = Assert.Single(topology.Encapsulator.SessionLog);
        Assert.Equal(
            [("upstreams/terminators/session-1", 1), ("upstreams/terminators/session-1", 3)],
            topology.Encapsulator.AccessLog.Select(entry => (entry.Session!, entry.StreamId!.Value)));
        Assert.Equal("upstreams/terminators/session-1", session.Session);
    }

    private static async Task EchoAsync(Topology topology, int length)
    {
        using var application = await Peer.ConnectAsync(topology.Entrance);
        var sent = Payload.Of(length, seed: 1);
        var sending = SendAsync(application, sent);
        await application.ExpectToEndAsync(sent);
        await sending;
        await topology.Encapsulator.CountsAsync("tunnels.open", 0);
    }

    private static async Task SendAsync(Peer application, byte[] bytes)
    {
        await application.SendAsync(bytes).InTime();
        application.SendFin();
    }
}
