using ActorTunnel.Proxy.Settings;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>Peers that are not who they should be, or do not speak what they should.</summary>
public sealed class TlsRefusals : Story
{
    [Fact]
    public async Task A_client_without_a_certificate_is_refused_and_both_logs_say_so()
    {
        var topology = Own(await StartAsync(Security.MutualTls, tls => tls with { Certificate = null }));

        await RefusedAsync(topology);

        await topology.Encapsulator.LoggedAsync("closed after TLS: client certificate refused?");
        await topology.Terminator.LoggedAsync("listener connect-in refused a client: ");
        AssertNoSession(topology);
    }

    [Fact]
    public async Task A_client_certificate_of_a_stranger_is_refused()
    {
        var topology = Own(await StartAsync(
            Security.MutualTls, tls => tls with { Certificate = TestCertificates.Stranger.Client }));

        await RefusedAsync(topology);

        await topology.Encapsulator.LoggedAsync("closed after TLS: client certificate refused?");
        await topology.Terminator.LoggedAsync("listener connect-in refused a client: ");
        AssertNoSession(topology);
    }

    [Fact]
    public async Task A_terminator_of_another_authority_is_refused()
    {
        var topology = Own(await StartAsync(Security.Tls, tls => tls with { Ca = TestCertificates.Stranger.Ca }));

        await RefusedAsync(topology);

        await topology.Encapsulator.LoggedAsync("upstream terminators refused the terminator 127.0.0.1: ");
        await topology.Encapsulator.LoggedAsync("TLS handshake failed");
        AssertNoSession(topology);
    }

    [Fact]
    public async Task A_terminator_of_another_name_is_refused()
    {
        var topology = Own(await StartAsync(Security.Tls, tls => tls with { VerifyName = "other.example" }));

        await RefusedAsync(topology);

        await topology.Encapsulator.LoggedAsync("upstream terminators refused the terminator 127.0.0.1: ");
        AssertNoSession(topology);
    }

    [Fact]
    public async Task A_verified_session_is_logged_with_its_peer()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address, Security.MutualTls));
        var (application, far) = await topology.OpenAsync(origin);
        application.Dispose();
        far.Dispose();

        var near = Assert.Single(topology.Encapsulator.SessionLog);
        var distant = Assert.Single(topology.Terminator.SessionLog);
        Assert.Equal(("CN=server", "CN=client"), (near.PeerSubject, distant.PeerSubject));
        Assert.Contains("1.3", near.Security, StringComparison.Ordinal);
        Assert.Equal("listeners/connect-in/connection-1/session", distant.Session);
        Assert.Equal(near.Local, distant.Remote);
    }

    [Fact]
    public async Task HTTP_1_on_a_cleartext_listener_that_does_not_take_it_is_named_in_the_log()
    {
        await ForeignBytesAsync(
            "GET / HTTP/1.1\r\nHost: host.com\r\n\r\n"u8.ToArray(), "the peer speaks HTTP/1.x; this listener takes HTTP/2 only", http1: false);
    }

    [Fact]
    public async Task A_TLS_hello_on_a_cleartext_listener_is_named_in_the_log()
    {
        var hello = new byte[] { 22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3 }.Concat(new byte[64]).ToArray();

        await ForeignBytesAsync(hello, "the peer speaks TLS; this listener is cleartext", http1: true);
        await ForeignBytesAsync(hello, "the peer speaks TLS; this listener is cleartext", http1: false);
    }

    [Fact]
    public async Task An_encapsulator_without_TLS_at_a_listener_with_TLS_gets_no_session()
    {
        var origin = Own(Origin.Start());
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, Security.Tls)));
        var encapsulator = Own(await StoryNode.StartAsync(
            StorySettings.Encapsulator(Security.Cleartext, terminator.AddressOf("connect-in"))));
        await Peer.ConnectToBeResetAsync(encapsulator.AddressOf("tunnel-in"));

        await encapsulator.LoggedAsync("no session to ");
        await terminator.LoggedAsync("TLS handshake failed");
        Assert.Equal(0, terminator.Counters.Sum("sessions.opened"));
    }

    private static Task<Topology> StartAsync(Security security, Func<ClientTlsSettings, ClientTlsSettings> change) =>
        Topology.StartAsync(
            StorySettings.Loopback(1),
            security,
            node => node.WithUpstream(upstream => upstream with { Tls = change(upstream.Tls!) }));

    private static async Task RefusedAsync(Topology topology)
    {
        await Peer.ConnectToBeResetAsync(topology.Entrance);
    }

    private static void AssertNoSession(Topology topology)
    {
        Assert.Equal(0, topology.Encapsulator.Counters.Sum("sessions.opened"));
        Assert.Equal(0, topology.Terminator.Counters.Sum("sessions.opened"));
        Assert.Empty(topology.Terminator.AccessLog);
    }

    private async Task ForeignBytesAsync(byte[] bytes, string logged, bool http1)
    {
        var terminator = Own(await StoryNode.StartAsync(StorySettings
            .Terminator(StorySettings.Loopback(1), Security.Cleartext)
            .WithConnect(connect => connect with { Http1 = http1 })));
        using var client = await Peer.ConnectAsync(terminator.AddressOf("connect-in"));

        await client.SendAsync(bytes);
        client.SendFin();

        await terminator.LoggedAsync(logged);
        await client.ReceiveToEndAsync();
        Assert.Equal(0, terminator.Counters.Sum("sessions.opened"));
    }
}
