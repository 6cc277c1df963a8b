using System.Net;
using ActorTunnel.Scenarios.Support;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios.Interop;

/// <summary>hyper-h2 takes the CONNECTs of our encapsulator.</summary>
public sealed class PythonH2AsTerminator(ITestOutputHelper output) : InteropStory(output)
{
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
    public async Task A_reset_of_the_origin_reaches_the_application() => await (await StartAsync(Security.Tls)).TellsTheApplicationOfAResetAsync();

    [ForeignFact(Foreign.PythonH2)]
    public async Task A_refused_destination_is_told_with_its_status() =>
        await IsToldOfARefusalAsync(await RunAsync(Security.Cleartext), Security.Cleartext, status: 502);

    private async Task<Passage> StartAsync(Security security) => await ThroughTerminatorAsync(await RunAsync(security), security);

    private Task<IPEndPoint> RunAsync(Security security)
    {
        var files = Own(new PemFiles());
        string[] tls = security == Security.Cleartext ? [] : [files.Certificate, files.Key];
        return Run(Foreign.PythonH2, [ForeignProcess.Script("h2_tunnel.py"), "terminator", .. tls]).ListensAsync();
    }
}
