using System.Net;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Scenarios.Support;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios.Interop;

/// <summary>Node's http2 sends CONNECTs to our terminator.</summary>
public sealed class NodeAsEncapsulator(ITestOutputHelper output) : InteropStory(output)
{
    private ForeignProcess _node = null!;

    [ForeignTheory(Foreign.Node)]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task Every_size_passes_both_ways(Security security) => await (await StartAsync(security)).CarriesEverySizeBothWaysAsync();

    [ForeignFact(Foreign.Node)]
    public async Task A_hundred_tunnels_share_its_session()
    {
        var passage = await StartAsync(Security.Tls);

        await passage.CarriesManyAtOnceAsync(100, 64 * 1024);

        Assert.Equal(1, passage.Ours.Counters.Sum("sessions.opened"));
    }

    [ForeignFact(Foreign.Node)]
    public async Task Each_direction_ends_on_its_own() => await (await StartAsync(Security.Cleartext)).LetsEitherEndFirstAsync();

    [ForeignFact(Foreign.Node)]
    public async Task A_reset_of_the_application_reaches_the_origin() => await (await StartAsync(Security.Tls)).TellsTheOriginOfAResetAsync();

    [ForeignFact(Foreign.Node)]
    public async Task A_reset_of_the_origin_reaches_the_application_as_CONNECT_ERROR()
    {
        await (await StartAsync(Security.Tls)).TellsTheApplicationOfAResetAsync();

        Assert.Equal("10", await _node.PrintsAsync("reset "));
    }

    [ForeignFact(Foreign.Node)]
    public async Task It_is_told_of_a_refused_destination_with_status_and_reason()
    {
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(StorySettings.Loopback(FreePort.Take()), Security.Cleartext)));
        var entrance = await RunAsync(terminator.AddressOf("connect-in"), Security.Cleartext);

        await Peer.ConnectToBeResetAsync(entrance);

        var refusal = await _node.PrintsAsync("refused ");
        Assert.StartsWith("502 ", refusal, StringComparison.Ordinal);
        Assert.Contains("error=connection_refused", refusal, StringComparison.Ordinal);
    }

    [ForeignFact(Foreign.Node)]
    public async Task A_drain_tells_it_GOAWAY_and_lets_its_tunnel_finish()
    {
        var passage = await StartAsync(Security.Tls);
        var (application, far) = await passage.OpenAsync();
        using (application)
        using (far)
        {
            var draining = passage.Ours.StopAsync(Eventually.Patience);
            Assert.StartsWith("0 ", await _node.PrintsAsync("goaway "), StringComparison.Ordinal);

            await far.SendAsync(Payload.Of(100_000, seed: 1));
            far.SendFin();
            await application.ExpectToEndAsync(Payload.Of(100_000, seed: 1));
            application.SendFin();
            await far.ExpectToEndAsync([]);
            Assert.True(await draining.InTime());
        }
    }

    private Task<Passage> StartAsync(Security security) => ThroughEncapsulatorAsync(security, async terminator =>
    {
        var entrance = await RunAsync(terminator, security);
        return () => Peer.ConnectAsync(entrance);
    });

    private Task<IPEndPoint> RunAsync(IPEndPoint terminator, Security security)
    {
        var files = Own(new PemFiles());
        string[] tls = security == Security.Cleartext ? [] : [files.Ca];
        _node = Run(
            Foreign.Node, [ForeignProcess.Script("node-tunnel.mjs"), "encapsulator", $"{terminator.Port}", $"{StorySettings.Host}", .. tls]);
        return _node.ListensAsync();
    }
}
