using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.TestSupport.Certificates;
using ActorTunnel.TestSupport.Network;
using ActorTunnel.TestSupport.Streams;
using ActorTunnel.Transport.Sockets;
using ActorTunnel.Transport.Tls;
using Akka.Streams.Dsl;
using Xunit;

namespace ActorTunnel.Transport.Tests.Tls;

/// <summary>
/// The ends of a TLS connection without HTTP/2, over a socket that resets unless all is clean: the platform's own TLS is the client, a hand has the plaintext.
/// </summary>
public sealed class TlsCloseNotifyTests : StageTest
{
    private static readonly TcpConnectionOptions Application = new() { ResetUnlessClean = true };

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public void Only_the_whole_close_notify_is_a_clean_end(SslProtocols version)
    {
        var wholeLength = GoodbyeLength(version);
        for (var length = 0; length <= wholeLength; length++)
        {
            using var pair = SocketPair.Create();
            var plain = Start(pair, out var client, out var wire, version);
            plain.TakeAll();
            wire.Hold();
            client.Write(Payload.Bytes(1, 100));
            Shutdown(client);
            pair.Peer.Send(wire.TakeHeld().AsSpan(0, length));
            pair.Peer.SendFin();

            if (length == wholeLength)
            {
                Assert.Equal(Payload.Bytes(1, 100), plain.ExpectEnd());
            }
            else
            {
                var fault = plain.ExpectFailure<TransportException>().Fault;
                Assert.True(fault is TransportFault.Broken or TransportFault.Tls, $"cut after {length} bytes: {fault}");
                pair.Peer.ExpectReset();
            }
        }
    }

    [Fact]
    public void A_cut_between_two_records_delivers_the_bytes_before_and_fails()
    {
        using var pair = SocketPair.Create();
        var plain = Start(pair, out var client, out _);
        plain.TakeAll();
        client.Write(Payload.Bytes(1, 5_000));
        pair.Peer.SendFin();

        Assert.Equal(Payload.Bytes(1, 5_000), plain.ExpectBytes(5_000));
        Assert.Equal(TransportFault.Broken, plain.ExpectFailure<TransportException>().Fault);
    }

    /// <summary>The end of the wire is known before the close_notify in front of it was read.</summary>
    [Fact]
    public void A_close_notify_that_is_read_late_is_one()
    {
        var (plain, server) = Flow.FromGraph(new HandStage(Pool))
            .JoinMaterialized(TlsStage.Http11Server(TestCertificates.ServerOptions(http11: true), Pool, static _ => { }), Keep.Left)
            .JoinMaterialized(new HandStage(Pool), (plain, wire) => (plain, wire))
            .Run(Materializer);
        server.TakeAll();
        var wire = new HeldStream(new WireStream(server));
        var client = Handshake(wire);
        var given = server.GivenElements;
        wire.Hold();
        client.Write(Payload.Bytes(1, 100_000));
        Shutdown(client);

        plain.Take(); // A block of it; the rest stays where it is, and the wire's end comes.
        server.Give(wire.TakeHeld());
        server.ExpectGiven(given + 1);
        server.CompleteNow();
        server.Settle();
        plain.Settle();
        Assert.InRange(plain.PendingBytes, 1, 65_536);
        plain.TakeAll();

        Assert.Equal(Payload.Bytes(1, 100_000), plain.ExpectEnd());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_reset_behind_the_clients_end_leaves_what_is_unread_to_be_read_to_its_close_notify(bool whole)
    {
        var (plain, server) = Flow.FromGraph(new HandStage(Pool))
            .JoinMaterialized(TlsStage.Http11Server(TestCertificates.ServerOptions(http11: true), Pool, static _ => { }), Keep.Left)
            .JoinMaterialized(new HandStage(Pool), (plain, wire) => (plain, wire))
            .Run(Materializer);
        server.TakeAll();
        var wire = new HeldStream(new WireStream(server));
        var client = Handshake(wire);
        wire.Hold();
        client.Write(Payload.Bytes(1, 100_000));
        if (whole)
        {
            Shutdown(client);
        }

        server.Cancel(new TransportException(TransportFault.ResetAfterEnd, "test"));
        Assert.Equal(TransportFault.ResetAfterEnd, ((TransportException)plain.ExpectCancelled()).Fault);
        server.Give(wire.TakeHeld());
        server.Complete();
        plain.TakeAll();

        if (whole)
        {
            Assert.Equal(Payload.Bytes(1, 100_000), plain.ExpectEnd());
        }
        else
        {
            Assert.Equal(TransportFault.Broken, plain.ExpectFailure<TransportException>().Fault);
            plain.TakePending();
        }

        StagesStop();
    }

    [Fact]
    public void After_close_notify_both_ways_the_connection_ends_without_a_reset()
    {
        using var pair = SocketPair.Create();
        var plain = Start(pair, out var client, out _);
        plain.TakeAll();
        client.Write(Payload.Bytes(1, 100));
        Shutdown(client);
        Assert.Equal(Payload.Bytes(1, 100), plain.ExpectEnd());

        plain.Give(Payload.Bytes(2, 100_000));
        plain.Complete();
        var received = new byte[100_000];
        client.ReadExactly(received);
        Assert.Equal(Payload.Bytes(2, 100_000), received);
        Assert.Equal(0, client.Read(new byte[1], 0, 1));
        pair.Peer.ExpectFin();
        StagesStop();
        Assert.False(TcpState.Read(pair.Peer.Socket).IsClosed, "a reset came behind the end");
    }

    [Fact]
    public void A_half_close_of_ours_leaves_the_client_its_direction()
    {
        using var pair = SocketPair.Create();
        var plain = Start(pair, out var client, out _);
        plain.TakeAll();
        plain.Give(Payload.Bytes(2, 100));
        plain.Complete();
        client.ReadExactly(new byte[100]);
        Assert.Equal(0, client.Read(new byte[1], 0, 1));

        client.Write(Payload.Bytes(1, 40_000));
        Shutdown(client);

        Assert.Equal(Payload.Bytes(1, 40_000), plain.ExpectEnd());
        StagesStop();
    }

    /// <summary>The plaintext ends cleanly and is aborted while the socket cannot take all of it.</summary>
    [Fact]
    public void An_abort_behind_a_clean_end_delivers_the_end_first()
    {
        using var pair = SocketPair.Create(bufferBytes: 16 * 1024);
        var plain = Start(pair, out var client, out _);
        plain.TakeAll();
        plain.Give(Payload.Bytes(2, 60_000));
        plain.ExpectGiven(1);
        plain.CompleteNow();
        plain.Cancel(new TransportException(TransportFault.AbortedAfterEnd, "test"));

        var received = new byte[60_000];
        client.ReadExactly(received);
        Assert.Equal(Payload.Bytes(2, 60_000), received);
        Assert.Equal(0, client.Read(new byte[1], 0, 1));
        pair.Peer.ExpectFin();
        Eventually(() => Assert.True(TcpState.Read(pair.Peer.Socket).IsClosed, "no reset came behind the end"));
        StagesStop();
    }

    [Fact]
    public void A_failure_of_the_plaintext_resets_the_connection_without_close_notify()
    {
        using var pair = SocketPair.Create();
        var plain = Start(pair, out var client, out _);
        plain.Give(Payload.Bytes(2, 100));
        client.ReadExactly(new byte[100]);
        plain.FailNow(new TransportException(TransportFault.Aborted, "test"));
        Assert.Throws<IOException>(() => client.Read(new byte[1], 0, 1));
        StagesStop();
    }

    [Fact]
    public void A_client_without_ALPN_means_HTTP_1()
    {
        using var pair = SocketPair.Create();
        var plain = Run(pair);
        plain.TakeAll();
        using var client = new SslStream(new NetworkStream(pair.Peer.Socket));
        var options = TestCertificates.ClientOptions();
        options.ApplicationProtocols = null;
        client.AuthenticateAsClient(options);
        client.Write([1, 2, 3]);
        Assert.Equal([1, 2, 3], plain.ExpectBytes(3));
    }

    [Fact]
    public void A_client_that_offers_only_HTTP_2_is_refused()
    {
        using var pair = SocketPair.Create();
        var plain = Run(pair);
        using var client = new SslStream(new NetworkStream(pair.Peer.Socket));
        Assert.ThrowsAny<Exception>(() => client.AuthenticateAsClient(TestCertificates.ClientOptions()));
        Assert.Equal(TransportFault.Tls, plain.ExpectFailure<TransportException>().Fault);
    }

    /// <summary>Of a record of 100 bytes and the close_notify behind it.</summary>
    private int GoodbyeLength(SslProtocols version)
    {
        using var pair = SocketPair.Create();
        Start(pair, out var client, out var wire, version);
        wire.Hold();
        client.Write(Payload.Bytes(1, 100));
        Shutdown(client);
        var length = wire.TakeHeld().Length;
        pair.Peer.Reset();
        return length;
    }

    private Hand Start(
        SocketPair pair, out SslStream client, out HeldStream wire, SslProtocols version = SslProtocols.Tls13)
    {
        var plain = Run(pair);
        wire = new HeldStream(new NetworkStream(pair.Peer.Socket));
        client = Handshake(wire, version);
        return plain;
    }

    private static SslStream Handshake(Stream wire, SslProtocols version = SslProtocols.Tls13)
    {
        var client = new SslStream(wire);
        var options = TestCertificates.ClientOptions();
        options.ApplicationProtocols = [SslApplicationProtocol.Http11];
        options.EnabledSslProtocols = version;
        client.AuthenticateAsClient(options);
        return client;
    }

    /// <summary>Sends close_notify; the streams below never make it wait.</summary>
    private static void Shutdown(SslStream client) => client.ShutdownAsync().GetAwaiter().GetResult();

    private Hand Run(SocketPair pair) => Flow.FromGraph(new HandStage(Pool))
        .JoinMaterialized(TlsStage.Http11Server(TestCertificates.ServerOptions(http11: true), Pool, static _ => { }), Keep.Left)
        .JoinMaterialized(new TcpConnectionStage(new TcpConnectionParts(pair.Ours, Pool, Application, TimeProvider.System)), Keep.Left)
        .Run(Materializer);

    /// <summary>A hand's wire as a stream, read with blocking calls.</summary>
    private sealed class WireStream(Hand wire) : MemoryStream
    {
        private byte[] _rest = [];

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            if (_rest.Length == 0)
            {
                _rest = [.. wire.ExpectBytes(1), .. wire.TakePending()];
            }

            var count = Math.Min(buffer.Length, _rest.Length);
            _rest.AsSpan(0, count).CopyTo(buffer);
            _rest = _rest[count..];
            return count;
        }

        public override void Write(byte[] buffer, int offset, int count) => wire.Give(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer) => wire.Give(buffer);
    }
}
