using System.Net.Security;
using System.Security.Authentication;
using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.TestSupport.Certificates;
using Xunit;

namespace ActorTunnel.Transport.Tests.Tls;

public sealed class TlsHandshakeTests : TlsTest
{
    [Theory]
    [InlineData(SslProtocols.Tls12, "TLSv1.2")]
    [InlineData(SslProtocols.Tls13, "TLSv1.3")]
    public void A_handshake_is_reported_once_by_each_side(SslProtocols protocol, string name)
    {
        var options = TestCertificates.ClientOptions();
        options.EnabledSslProtocols = protocol;
        StartEstablished(options);
        Assert.StartsWith(name, ClientInfos[0].ToString(), StringComparison.Ordinal);
        Assert.Equal(protocol, ServerInfos[0].Protocol);
        Assert.Equal("CN=localhost", ClientInfos[0].PeerSubject);
        Assert.Null(ServerInfos[0].PeerSubject);
        Client.TakeAll();
        Server.TakeAll();
        Shuttle();
        Assert.Single(ClientInfos);
        Assert.Single(ServerInfos);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public void A_handshake_whose_bytes_come_one_by_one_succeeds(SslProtocols protocol)
    {
        var options = TestCertificates.ClientOptions();
        options.EnabledSslProtocols = protocol;
        Start(options);
        Client.TakeAll();
        Server.TakeAll();
        Client.Give([1, 2, 3]);
        Shuttle(largest: 1);
        Assert.Equal([1, 2, 3], Server.ExpectBytes(3));
    }

    [Fact]
    public void Plaintext_is_not_asked_for_before_the_handshake_has_succeeded()
    {
        Start();
        ClientWire.Settle();
        Server.Settle();
        Assert.Equal(0, Client.Demands);
        Assert.Equal(0, Server.Demands);
        Shuttle();
        Client.ExpectDemands(1);
        Server.ExpectDemands(1);
    }

    [Fact]
    public void Plaintext_that_comes_with_the_last_bytes_of_the_handshake_is_delivered()
    {
        Start();
        Client.Give(Payload.Bytes(1, 100_000));
        Server.Give(Payload.Bytes(2, 100_000));
        Client.TakeAll();
        Server.TakeAll();
        Shuttle();
        Assert.Equal(Payload.Bytes(1, 100_000), Server.ExpectBytes(100_000));
        Assert.Equal(Payload.Bytes(2, 100_000), Client.ExpectBytes(100_000));
    }

    [Fact]
    public void An_end_before_the_handshake_is_passed_on_after_it()
    {
        Start();
        Client.CompleteNow();
        Client.TakeAll();
        Server.TakeAll();
        Shuttle();
        Assert.Empty(Server.ExpectEnd());
        Server.Give([1]);
        Shuttle();
        Assert.Equal([1], Client.ExpectBytes(1));
    }

    [Fact]
    public void A_client_certificate_that_is_asked_for_and_good_is_reported()
    {
        StartEstablished(
            TestCertificates.ClientOptions(TestCertificates.Client), TestCertificates.ServerOptions(askForClient: true));
        Assert.Equal("CN=client", ServerInfos[0].PeerSubject);
    }

    [Fact]
    public void A_client_without_alpn_is_refused()
    {
        var options = TestCertificates.ClientOptions();
        options.ApplicationProtocols = null;
        Start(options);
        Shuttle();
        ServerRefusal();
        ClientRefusal();
        Assert.Empty(ServerInfos);
        Assert.Empty(ClientInfos);
    }

    [Fact]
    public void A_client_with_another_alpn_is_refused()
    {
        var options = TestCertificates.ClientOptions();
        options.ApplicationProtocols = [SslApplicationProtocol.Http11];
        Start(options);
        Shuttle();
        ServerRefusal();
        Assert.Empty(ServerInfos);
        Assert.Empty(ClientInfos);
    }

    [Fact]
    public void A_server_without_alpn_is_refused()
    {
        var options = TestCertificates.ServerOptions();
        options.ApplicationProtocols = null;
        Start(server: options);
        Shuttle();
        Assert.Empty(ClientInfos);
        Assert.Contains("ALPN", ClientRefusal().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_of_an_unknown_authority_is_refused()
    {
        Start(server: TestCertificates.ServerOptions(TestCertificates.ForeignServer));
        Shuttle();
        ClientRefusal();
        Assert.Empty(ClientInfos);
    }

    [Fact]
    public void A_server_whose_certificate_has_expired_is_refused()
    {
        Start(server: TestCertificates.ServerOptions(TestCertificates.ExpiredServer));
        Shuttle();
        ClientRefusal();
    }

    [Fact]
    public void A_server_with_another_name_is_refused()
    {
        var options = TestCertificates.ClientOptions();
        options.TargetHost = "another.example";
        Start(options);
        Shuttle();
        ClientRefusal();
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public void A_client_without_a_certificate_is_refused_where_one_is_required(SslProtocols protocol)
    {
        var options = TestCertificates.ClientOptions();
        options.EnabledSslProtocols = protocol;
        Start(options, TestCertificates.ServerOptions(askForClient: true));
        Shuttle();
        ServerRefusal();
        Assert.Empty(ServerInfos);
    }

    [Fact]
    public void A_client_of_an_unknown_authority_is_refused()
    {
        Start(TestCertificates.ClientOptions(TestCertificates.ForeignClient), TestCertificates.ServerOptions(askForClient: true));
        Shuttle();
        ServerRefusal();
        Assert.Empty(ServerInfos);
    }

    /// <summary>The alert is all that an operator of the other side gets to know.</summary>
    [Fact]
    public void The_refused_side_is_sent_an_alert()
    {
        Start(server: TestCertificates.ServerOptions(TestCertificates.ForeignServer));
        ServerWire.Give(ClientOutput());
        ServerWire.Settle();
        ClientWire.Give(ServerWire.TakePending());
        ClientRefusal();
        Assert.NotEmpty(ClientWire.TakePending());
    }

    [Fact]
    public void Bytes_that_are_not_tls_are_refused()
    {
        Start();
        ServerWire.Give("GET / HTTP/1.1\r\nhost: x\r\n\r\n"u8);
        ServerRefusal();
    }

    [Fact]
    public void A_connection_that_ends_in_the_handshake_is_refused()
    {
        Start();
        ServerWire.Give(ClientOutput());
        ServerWire.Complete();
        ServerRefusal();
        Assert.Empty(ServerInfos);
    }

    [Fact]
    public void A_connection_that_fails_in_the_handshake_keeps_its_own_failure()
    {
        Start();
        ServerWire.Give(ClientOutput());
        ServerWire.FailNow(new TransportException(TransportFault.Reset, "test"));
        Assert.Equal(TransportFault.Reset, Server.ExpectFailure<TransportException>().Fault);
    }

    private TransportException ServerRefusal()
    {
        var failure = Server.ExpectFailure<TransportException>();
        Assert.Equal(TransportFault.Tls, failure.Fault);
        return failure;
    }

    private TransportException ClientRefusal()
    {
        var failure = Client.ExpectFailure<TransportException>();
        Assert.Equal(TransportFault.Tls, failure.Fault);
        return failure;
    }
}
