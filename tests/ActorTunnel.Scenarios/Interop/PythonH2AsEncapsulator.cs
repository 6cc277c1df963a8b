using System.Net;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Scenarios.Support;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios.Interop;

/// <summary>hyper-h2 sends CONNECTs to our terminator.</summary>
public sealed class PythonH2AsEncapsulator(ITestOutputHelper output) : InteropStory(output)
{
    private ForeignProcess _python = null!;

    [ForeignTheory(Foreign.PythonH2)]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task Every_size_passes_both_ways(Security security) => await (await StartAsync(security)).CarriesEverySizeBothWaysAsync();

    [ForeignFact(Foreign.PythonH2)]
    public async Task Fifty_tunnels_share_its_session()
    {
        var passage = await StartAsync(Security.Tls);

        await passage.CarriesManyAtOnceAsync(50, 64 * 1024);

        Assert.Equal(1, passage.Ours.Counters.Sum("sessions.opened"));
    }

    [ForeignFact(Foreign.PythonH2)]
    public async Task Each_direction_ends_on_its_own() => await (await StartAsync(Security.Cleartext)).LetsEitherEndFirstAsync();

    [ForeignFact(Foreign.PythonH2)]
    public async Task A_reset_of_the_application_reaches_the_origin() => await (await StartAsync(Security.Tls)).TellsTheOriginOfAResetAsync();

    [ForeignFact(Foreign.PythonH2)]
    public async Task A_reset_of_the_origin_reaches_the_application_as_CONNECT_ERROR()
    {
        await (await StartAsync(Security.Tls)).TellsTheApplicationOfAResetAsync();

        Assert.Equal("10", await _python.PrintsAsync("reset "));
    }

    [ForeignFact(Foreign.PythonH2)]
    public async Task It_is_told_of_a_refused_destination_with_status_and_reason()
    {
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(StorySettings.Loopback(FreePort.Take()), Security.Cleartext)));
        var entrance = await RunAsync(terminator.AddressOf("connect-in"), Security.Cleartext);

        await Peer.ConnectToBeResetAsync(entrance);

        var refusal = await _python.PrintsAsync("refused ");
        Assert.StartsWith("502 ", refusal, StringComparison.Ordinal);
        Assert.Contains("error=connection_refused", refusal, StringComparison.Ordinal);
    }

    /// <summary>
    /// hyper-h2 4.1 takes GOAWAY for the end of the connection: the next frame, whichever it is, is an error to it, and no stream can finish.
    /// What has to be true is that nobody takes that for a clean end.
    /// </summary>
    [ForeignFact(Foreign.PythonH2)]
    public async Task A_drain_makes_it_give_up_and_both_ends_see_a_reset()
    {
        var passage = await StartAsync(Security.Tls);
        var (application, far) = await passage.OpenAsync();
        using (application)
        using (far)
        {
            await Task.WhenAll(far.SendAsync(new byte[1]), application.ReceiveAsync(1));
            var draining = passage.Ours.StopAsync(Eventually.Patience);

            await application.ExpectResetAsync();
            await far.ExpectResetAsync();
            Assert.True(await draining.InTime());
            Assert.Contains("ProtocolError", await _python.PrintsAsync("session over: "), StringComparison.Ordinal);
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
        _python = Run(
            Foreign.PythonH2, [ForeignProcess.Script("h2_tunnel.py"), "encapsulator", $"{terminator.Port}", $"{StorySettings.Host}", .. tls]);
        return _python.ListensAsync();
    }
}
