using System.Net.Security;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Scenarios.Support;
using Akka.Actor;

namespace ActorTunnel.Scenarios;

/// <summary>A node gets new certificates while it runs: new handshakes use them, old sessions are retired, no tunnel is touched.</summary>
public sealed class CertificateChanges : Story
{
    private const int Tunnels = 8;

    private static readonly CertificateMaterial NextServer = TestCertificates.Shared.IssueServer("next-server");
    private static readonly CertificateMaterial NextClient = TestCertificates.Shared.IssueClient("next-client");

    [Fact]
    public async Task Transfers_go_on_while_the_terminator_gets_another_certificate()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address, Security.Tls));

        await ChangeDuringTransfersAsync(topology, origin, () => Replace(topology.Terminator));

        Assert.Equal(1, topology.Terminator.Counters.Sum("sessions.retired"));
        Assert.Equal(["CN=server", "CN=next-server"], topology.Encapsulator.SessionLog.Select(session => session.PeerSubject));
    }

    [Fact]
    public async Task Transfers_go_on_while_the_encapsulator_gets_another_certificate()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address, Security.MutualTls));

        await ChangeDuringTransfersAsync(topology, origin, () => topology.Encapsulator.Node.ReplaceUpstreamTls("terminators", new ClientTlsSettings
        {
            Ca = TestCertificates.Shared.Ca, VerifyName = "localhost", Certificate = NextClient,
        }));

        Assert.Equal(["CN=client", "CN=next-client"], topology.Terminator.SessionLog.Select(session => session.PeerSubject));
    }

    [Fact]
    public async Task An_HTTP_1_1_tunnel_lives_on_and_new_clients_see_the_new_certificate()
    {
        var origin = Own(Origin.Start());
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, Security.Tls)));
        using var client = await ProxyClient.OpenAsync(terminator, Security.Tls);
        using var far = await origin.AcceptAsync();

        Replace(terminator);
        await NewHandshakesSeeAsync(terminator, "CN=next-server");

        await ProxyClient.PassAsync(client, far, Payload.Of(500_000, seed: 41));
        await ProxyClient.PassAsync(far, client, Payload.Of(500_000, seed: 42));
        Assert.Equal(0, terminator.Counters.Sum("sessions.retired"));
    }

    [Fact]
    public async Task A_connection_that_has_not_begun_its_handshake_gets_the_new_certificate()
    {
        var origin = Own(Origin.Start());
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, Security.Tls)));
        using var early = await TlsPeer.DialAsync(terminator.AddressOf("connect-in"));
        await terminator.CountsAsync("connections.open", 1);

        Replace(terminator);
        await NewHandshakesSeeAsync(terminator, "CN=next-server");
        await early.HandshakeAsync(SslApplicationProtocol.Http11);

        Assert.Equal("CN=next-server", early.RemoteSubject);
    }

    [Fact]
    public async Task A_session_without_tunnels_is_gone_at_once()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address, Security.Tls));
        using (var tunnels = new OpenTunnels(topology.Entrance, origin))
        {
            await tunnels.OpenAsync(1);
        }

        await topology.Encapsulator.SettledAsync();

        Replace(topology.Terminator);

        await topology.Terminator.CountsAsync("sessions.open", 0);
        await topology.Encapsulator.CountsAsync("sessions.open", 0);
        Assert.Equal(0, Lost(topology));
    }

    /// <summary>Half of each transfer before the change and half behind it; then the old session is gone with its last tunnel.</summary>
    private static async Task ChangeDuringTransfersAsync(Topology topology, Origin origin, Action change)
    {
        var pairs = new List<(Peer Application, Peer Origin, byte[] Up, byte[] Down)>();
        for (var i = 0; i < Tunnels; i++)
        {
            var (application, far) = await topology.OpenAsync(origin);
            pairs.Add((application, far, Payload.Of(600_000, seed: 50 + i), Payload.Of(600_000, seed: 70 + i)));
        }

        foreach (var (application, far, up, down) in pairs)
        {
            await Task.WhenAll(application.SendAsync(up.AsMemory(0, up.Length / 2)), far.SendAsync(down.AsMemory(0, down.Length / 2)));
        }

        var oldSession = await topology.Encapsulator.WatchAsync("upstreams/terminators/session-1");
        var oldFarSession = await topology.Terminator.WatchAsync("listeners/connect-in/connection-1");

        change();
        await topology.Encapsulator.CountsAsync("sessions.retired", 1);

        var (late, lateFar) = await topology.OpenAsync(origin);
        using (late)
        using (lateFar)
        {
            await ProxyClient.PassAsync(late, lateFar, Payload.Of(1_000, seed: 90));
            await ProxyClient.PassAsync(lateFar, late, Payload.Of(1_000, seed: 91));
        }

        Assert.Equal("upstreams/terminators/session-2", (await topology.Encapsulator.NextAccessAsync()).Session);
        Assert.Equal(2, topology.Encapsulator.Counters.Sum("sessions.open"));
        Assert.False(oldSession.HasMessages, "the old session ended before its tunnels did");

        await Task.WhenAll(pairs.Select(pair => FinishAsync(pair.Application, pair.Origin, pair.Up, pair.Down)));

        await oldSession.ExpectMsgAsync<Terminated>(Eventually.Patience);
        await oldFarSession.ExpectMsgAsync<Terminated>(Eventually.Patience);
        await topology.Encapsulator.CountsAsync("sessions.open", 1);
        await topology.Terminator.CountsAsync("sessions.open", 1);
        Assert.Equal(0, Lost(topology));
    }

    private static async Task FinishAsync(Peer application, Peer far, byte[] up, byte[] down)
    {
        using (application)
        using (far)
        {
            var receiving = Task.WhenAll(far.ExpectToEndAsync(up), application.ExpectToEndAsync(down));
            await Task.WhenAll(application.SendAsync(up.AsMemory(up.Length / 2)), far.SendAsync(down.AsMemory(down.Length / 2)));
            application.SendFin();
            far.SendFin();
            await receiving;
        }
    }

    private static void Replace(StoryNode terminator) =>
        terminator.Node.ReplaceListenerTls("connect-in", new ServerTlsSettings { Certificate = NextServer });

    private static async Task NewHandshakesSeeAsync(StoryNode terminator, string subject)
    {
        var seen = "";
        var until = DateTime.UtcNow + Eventually.Patience;
        while (seen != subject && DateTime.UtcNow < until)
        {
            using var client = await TlsPeer.ConnectAsync(terminator.AddressOf("connect-in"), SslApplicationProtocol.Http11);
            seen = client.RemoteSubject;
        }

        Assert.Equal(subject, seen);
    }

    private static long Lost(Topology topology) =>
        topology.Encapsulator.Counters.Sum("sessions.lost") + topology.Terminator.Counters.Sum("sessions.lost");
}
