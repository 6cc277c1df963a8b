using System.Net;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Scenarios.Support;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios.Interop;

/// <summary>Apache httpd, as a forward proxy over HTTP/2, takes the CONNECTs of our encapsulator.</summary>
public sealed class ApacheAsTerminator(ITestOutputHelper output) : InteropStory(output)
{
    [ForeignTheory(Foreign.Apache)]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task Every_size_passes_both_ways(Security security) => await (await StartAsync(security)).CarriesEverySizeBothWaysAsync();

    /// <summary>mod_http2 works on six requests of a new session at once and lets the others wait, which a tunnel may do for ever.</summary>
    [ForeignFact(Foreign.Apache)]
    public async Task Sixty_tunnels_pass_over_ten_sessions_of_six()
    {
        var passage = await StartAsync(
            Security.Tls, node => node.WithStreams(6).WithUpstream(upstream => upstream with { MaxSessionsPerEndpoint = 10 }));

        await passage.CarriesManyAtOnceAsync(60, 64 * 1024);

        Assert.Equal(10, passage.Ours.Counters.Sum("sessions.opened"));
    }

    [ForeignFact(Foreign.Apache)]
    public async Task An_application_may_end_first() => await (await StartAsync(Security.Cleartext)).LetsTheApplicationEndFirstAsync();

    /// <summary>httpd passes the origin's bytes on at once, and its end only when the application has ended too.</summary>
    [ForeignFact(Foreign.Apache)]
    public async Task The_end_of_an_origin_that_ends_first_waits_for_the_application_s()
    {
        var passage = await StartAsync(Security.Cleartext);
        var (application, far) = await passage.OpenAsync();
        var (there, back) = (Payload.Of(300_000, seed: 1), Payload.Of(100_000, seed: 2));
        using (application)
        using (far)
        {
            await far.SendAsync(back);
            far.SendFin();
            Assert.Equal(back, await application.ReceiveAsync(back.Length));

            await Task.WhenAll(application.SendAsync(there), far.ReceiveAsync(there.Length));
            application.SendFin();
            await Task.WhenAll(application.ExpectToEndAsync([]), far.ExpectToEndAsync([]));
        }

        await passage.WroteAsync("clean/downstream clean/upstream", there.Length, back.Length);
    }

    /// <summary>httpd closes the origin's connection cleanly whatever became of the stream. We sent RST_STREAM, as our line tells.</summary>
    [ForeignFact(Foreign.Apache)]
    public async Task A_reset_of_the_application_reaches_the_origin_as_a_plain_end() =>
        await (await StartAsync(Security.Tls)).ResetAsync(byApplication: true, PeerEnd.Fin, "reset/downstream reset/downstream");

    /// <summary>
    /// httpd answers the origin's reset with END_STREAM, so the application gets a clean end, and with RST_STREAM(NO_ERROR) behind it, since nobody takes
    /// what the application still sends: its connection is reset then.
    /// </summary>
    [ForeignFact(Foreign.Apache)]
    public async Task A_reset_of_the_origin_reaches_the_application_as_a_plain_end() =>
        await (await StartAsync(Security.Tls)).ResetAsync(byApplication: false, seen: null, "reset/upstream clean/upstream");

    [ForeignFact(Foreign.Apache)]
    public async Task A_refused_destination_is_told_with_its_status() =>
        await IsToldOfARefusalAsync(await RunAsync(Security.Cleartext), Security.Cleartext, status: 503);

    private async Task<Passage> StartAsync(Security security, Func<NodeSettings, NodeSettings>? change = null) =>
        await ThroughTerminatorAsync(await RunAsync(security), security, change);

    private Task<IPEndPoint> RunAsync(Security security)
    {
        var files = Own(new PemFiles());
        var port = FreePort.Take();
        string[] tls = security == Security.Cleartext ? [] : ["-D", "TLS"];
        var apache = Run(
            Foreign.Apache,
            [
                "-X", // One process, in the foreground.
                "-f", ForeignProcess.Script("apache-terminator.conf"),
                "-C", $"Define FOLDER {files.Folder}",
                "-C", $"Define MODULES {ForeignProgram.ApacheModules}",
                "-C", $"Define PORT {port}",
                .. tls,
            ]);
        return apache.ListensOnAsync(port);
    }
}
