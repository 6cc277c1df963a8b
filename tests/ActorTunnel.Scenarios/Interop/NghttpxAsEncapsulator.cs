using System.Net;
using System.Text;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Scenarios.Support;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios.Interop;

/// <summary>
/// nghttpx (<c>--http2-proxy</c>) in front of our terminator: its clients say CONNECT over HTTP/1.1 or, with our encapsulator, over HTTP/2, and it says so
/// to us over HTTP/2. It knows no half-close: the END_STREAM of an HTTP/2 client stays with it, so there is no story of that.
/// </summary>
public sealed class NghttpxAsEncapsulator(ITestOutputHelper output) : InteropStory(output)
{
    [ForeignTheory(Foreign.Nghttpx)]
    [InlineData(Security.Cleartext, false)]
    [InlineData(Security.Tls, false)]
    [InlineData(Security.Cleartext, true)]
    [InlineData(Security.Tls, true)]
    public async Task Every_size_passes_both_ways(Security security, bool http2Client)
    {
        var passage = await StartAsync(security, http2Client);
        foreach (var (there, back) in Passage.Sizes.Zip(Passage.Sizes.Reverse()))
        {
            var (application, far) = await passage.OpenAsync();
            await ExchangeAsync(application, Payload.Of(there, seed: 1), far, Payload.Of(back, seed: 2));

            await passage.WroteAsync("reset/downstream reset/downstream", there, back);
        }
    }

    [ForeignTheory(Foreign.Nghttpx)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hundred_tunnels_at_once_stay_apart(bool http2Client)
    {
        const int tunnels = 100;
        const int size = 64 * 1024;
        var passage = await StartAsync(Security.Tls, http2Client);
        var open = new List<(Peer Application, Peer Origin)>();
        while (open.Count < tunnels)
        {
            open.Add(await passage.OpenAsync());
        }

        await Task.WhenAll(open.Select((tunnel, id) =>
            ExchangeAsync(tunnel.Application, Payload.Of(size, seed: 2 * id), tunnel.Origin, Payload.Of(size, seed: (2 * id) + 1))));

        await passage.Ours.CountsAsync("tunnels.open", 0);
        Assert.Equal(tunnels, passage.Ours.Counters.Sum("tunnels.opened"));
    }

    [ForeignTheory(Foreign.Nghttpx)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reset_of_the_application_reaches_the_origin(bool http2Client) =>
        await (await StartAsync(Security.Tls, http2Client)).TellsTheOriginOfAResetAsync();

    [ForeignFact(Foreign.Nghttpx)]
    public async Task An_HTTP_1_1_application_that_ends_first_is_a_reset_to_the_origin()
    {
        var passage = await StartAsync(Security.Cleartext, http2Client: false);
        var (application, far) = await passage.OpenAsync();
        using (application)
        using (far)
        {
            var sent = Payload.Of(100_000, seed: 1);
            await Task.WhenAll(application.SendAsync(sent), far.ReceiveAsync(sent.Length));
            application.SendFin();
            await far.ExpectResetAsync();
        }
    }

    /// <summary>
    /// The application has all bytes and a clean end. To us nghttpx says nothing more, even when its client is gone: only half-closed-idle-timeout
    /// ends what is left of the tunnel.
    /// </summary>
    [ForeignTheory(Foreign.Nghttpx)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_origin_s_end_reaches_the_application_and_our_idle_timeout_ends_the_rest(bool http2Client)
    {
        var timeout = new TunnelSettings { HalfClosedIdleTimeout = TimeSpan.FromSeconds(1) };
        var passage = await StartAsync(Security.Tls, http2Client, node => node.WithConnect(listener => listener with { Tunnel = timeout }));
        var (application, far) = await passage.OpenAsync();
        var sent = Payload.Of(1_000_000, seed: 1);
        using (far)
        {
            var receiving = application.ReceiveAsync(sent.Length);
            await far.SendAsync(sent);
            far.SendFin();
            Assert.Equal(sent, await receiving);
            Assert.Empty((await application.ReceiveToEndAsync()).Bytes);
            application.Dispose();
            await far.ExpectResetAsync();
        }

        await passage.WroteAsync("reset/us:half-closed-idle-timeout clean/upstream", 0, sent.Length);
    }

    /// <summary>nghttpx makes an END_STREAM or a FIN out of our RST_STREAM(CONNECT_ERROR). Our line tells what we sent.</summary>
    [ForeignTheory(Foreign.Nghttpx)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reset_of_the_origin_reaches_the_application_as_a_plain_end(bool http2Client) =>
        await (await StartAsync(Security.Tls, http2Client)).ResetAsync(
            byApplication: false, http2Client ? null : PeerEnd.Fin, "reset/upstream reset/upstream");

    [ForeignFact(Foreign.Nghttpx)]
    public async Task A_refused_destination_is_told_to_the_client_with_our_status()
    {
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(StorySettings.Loopback(FreePort.Take()), Security.Tls)));
        using var client = await Peer.ConnectAsync(await RunAsync(terminator.AddressOf("connect-in"), Security.Tls));

        var answer = await AskAsync(client);

        Assert.StartsWith("HTTP/1.1 502 ", answer, StringComparison.Ordinal);
        Assert.Contains("error=connection_refused", answer, StringComparison.Ordinal);
    }

    /// <summary>Both ways at once, until each end has all of what the other sent; the application's reset is the one end that passes at once.</summary>
    private static async Task ExchangeAsync(Peer application, byte[] there, Peer far, byte[] back)
    {
        using (application)
        using (far)
        {
            var arriving = far.ReceiveAsync(there.Length);
            var returning = application.ReceiveAsync(back.Length);
            await Task.WhenAll(application.SendAsync(there), far.SendAsync(back)).InTime();
            Assert.Equal(there, await arriving);
            Assert.Equal(back, await returning);

            application.Reset();
            await far.ExpectResetAsync();
        }
    }

    private static async Task<Peer> ConnectAsync(IPEndPoint entrance)
    {
        var peer = await Peer.ConnectAsync(entrance);
        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync(peer), StringComparison.Ordinal);
        return peer;
    }

    /// <summary>Sends a CONNECT and reads the head of the answer, and nothing behind it.</summary>
    private static async Task<string> AskAsync(Peer peer)
    {
        await peer.SendAsync(Encoding.ASCII.GetBytes($"CONNECT {StorySettings.Host} HTTP/1.1\r\nHost: {StorySettings.Host}\r\n\r\n"));
        var answer = new StringBuilder();
        while (!answer.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            answer.Append((char)(await peer.ReceiveAsync(1))[0]);
        }

        return answer.ToString();
    }

    private Task<Passage> StartAsync(Security security, bool http2Client, Func<NodeSettings, NodeSettings>? change = null)
    {
        return ThroughEncapsulatorAsync(security, WithNghttpxAsync, change);

        async Task<Func<Task<Peer>>> WithNghttpxAsync(IPEndPoint terminator)
        {
            var entrance = await RunAsync(terminator, security);
            if (!http2Client)
            {
                return () => ConnectAsync(entrance);
            }

            var encapsulator = await EncapsulatorAsync(entrance, Security.Cleartext, StorySettings.Loopback(443));
            return () => Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        }
    }

    /// <param name="terminator">Its only backend.</param>
    /// <param name="security">Towards the backend; clients speak cleartext.</param>
    private Task<IPEndPoint> RunAsync(IPEndPoint terminator, Security security)
    {
        var files = Own(new PemFiles());
        var port = FreePort.Take();
        var tls = security == Security.Cleartext ? "" : ";tls;sni=localhost";
        return Run(
            Foreign.Nghttpx,
            "--single-process",
            "--conf=/dev/null",
            "--http2-proxy",
            "--workers=1",
            $"--frontend=127.0.0.1,{port};no-tls",
            $"--backend=127.0.0.1,{terminator.Port};;proto=h2{tls}",
            "--backend-connections-per-host=1000", // And streams; more wait in a queue.
            $"--cacert={files.Ca}").ListensOnAsync(port);
    }
}
