using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.TestSupport.Certificates;
using ActorTunnel.TestSupport.Network;
using ActorTunnel.TestSupport.Streams;
using ActorTunnel.Transport.Sockets;
using ActorTunnel.Transport.Tls;
using Akka.Streams.Dsl;
using Xunit;

namespace ActorTunnel.Transport.Tests.Tls;

public sealed class TlsDataTests : TlsTest
{
    private const int MiB = 1024 * 1024;

    [Theory]
    [InlineData(1)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    [InlineData(16_385)]
    [InlineData(32_768)]
    [InlineData(65_527)]
    [InlineData(65_528)]
    [InlineData(200_000)]
    public void Payloads_around_the_edges_of_records_come_exactly(int length)
    {
        StartEstablished();
        Client.TakeAll();
        Server.TakeAll();
        Client.Give(Payload.Bytes(1, length));
        Server.Give(Payload.Bytes(2, length));
        Shuttle();
        Assert.Equal(Payload.Bytes(1, length), Server.ExpectBytes(length));
        Assert.Equal(Payload.Bytes(2, length), Client.ExpectBytes(length));
    }

    [Theory]
    [InlineData(1, 7, 40_000)]
    [InlineData(2, 5_000, MiB)]
    [InlineData(3, 60_000, 3 * MiB)]
    public void Ciphertext_in_random_cuts_gives_the_same_plaintext_both_ways(int seed, int largest, int length)
    {
        var (client, server) = StartJoined(new CutFlow(seed, largest, 3), new CutFlow(seed + 1, largest, 3));
        client.TakeAll();
        server.TakeAll();
        var random = new Random(seed);
        GiveInParts(client, Payload.Bytes(1, length), random);
        GiveInParts(server, Payload.Bytes(2, length), random);
        client.Complete();
        Assert.Equal(Payload.Bytes(1, length), server.ExpectEnd());
        server.Complete();
        Assert.Equal(Payload.Bytes(2, length), client.ExpectEnd());
        StagesStop();
    }

    [Fact]
    public void Over_sockets_both_ways_are_exact_and_end_cleanly()
    {
        var (first, second) = SocketPair.CreateSockets();
        var client = RunOver(TlsStage.Client(TestCertificates.ClientOptions(), Pool, static _ => { }), first);
        var server = RunOver(TlsStage.Server(TestCertificates.ServerOptions(), Pool, static _ => { }), second);
        client.TakeAll();
        server.TakeAll();
        GiveInParts(client, Payload.Bytes(1, 2 * MiB), new Random(1));
        GiveInParts(server, Payload.Bytes(2, 2 * MiB), new Random(2));
        client.Complete();
        server.Complete();
        Assert.Equal(Payload.Bytes(1, 2 * MiB), server.ExpectEnd());
        Assert.Equal(Payload.Bytes(2, 2 * MiB), client.ExpectEnd());
        StagesStop();
    }

    [Fact]
    public void Small_elements_come_in_their_order()
    {
        StartEstablished();
        Server.TakeAll();
        for (var i = 0; i < 500; i++)
        {
            Client.Give(Payload.Bytes(1, i * 10, 10));
        }

        Client.ExpectGiven(500);
        Shuttle();
        Assert.Equal(Payload.Bytes(1, 5_000), Server.ExpectBytes(5_000));
    }

    [Fact]
    public void Many_slices_of_one_element_are_written_in_their_order()
    {
        StartEstablished();
        Server.TakeAll();
        var bytes = Payload.Bytes(1, 50_000);
        Client.Give(Pool.Cut(bytes, new Random(1), 100));
        Shuttle();
        Assert.Equal(bytes, Server.ExpectBytes(bytes.Length));
    }

    [Fact]
    public void Plaintext_is_asked_for_only_while_the_wire_takes_ciphertext()
    {
        Start(wireTakesAll: false);
        ClientWire.Take(); // ClientHello
        Shuttle();
        ClientWire.Take(); // Finished
        Shuttle();
        Assert.Single(ServerInfos);
        for (var i = 0; i < 10; i++)
        {
            Client.Give(Payload.Bytes(1, 60_000));
        }

        Client.Settle();
        ClientWire.Settle();
        Assert.Equal(0, Client.GivenElements);

        ClientWire.Take();
        Client.ExpectGiven(1);
        Client.Settle();
        Assert.Equal(1, Client.GivenElements);
    }

    [Fact]
    public void Ciphertext_is_asked_for_only_while_plaintext_is_wanted()
    {
        StartEstablished();
        Server.Settle();
        var before = ServerWire.Demands;
        for (var i = 0; i < 20; i++)
        {
            Client.Give(Payload.Bytes(1, i * 60_000, 60_000));
        }

        Shuttle();
        Assert.InRange(ServerWire.Demands, before, before + 2);

        Server.TakeAll();
        Shuttle();
        Assert.Equal(Payload.Bytes(1, 1_200_000), Server.ExpectBytes(1_200_000));
    }

    [Fact]
    public void Each_demand_gives_an_element_while_there_is_plaintext()
    {
        StartEstablished();
        Client.Give(Payload.Bytes(1, 200_000));
        Shuttle();
        var got = 0;
        while (got < 200_000)
        {
            Server.Take();
            Shuttle();
            var bytes = Server.TakePending();
            Assert.InRange(bytes.Length, 1, PoolBytes.MaxSlice);
            Assert.Equal(Payload.Bytes(1, got, bytes.Length), bytes);
            got += bytes.Length;
        }
    }

    [Fact]
    public void A_demand_for_which_there_is_nothing_is_served_by_what_comes_later()
    {
        StartEstablished();
        for (var i = 0; i < 5; i++)
        {
            Server.Take();
            Shuttle();
            Assert.Equal(0, Server.PendingBytes);
            Client.Give([(byte)i]);
            Shuttle();
            Assert.Equal([(byte)i], Server.ExpectBytes(1));
        }
    }

    [Fact]
    public void A_record_that_is_half_there_is_delivered_when_it_is_whole()
    {
        StartEstablished();
        Server.TakeAll();
        Shuttle();
        Client.Give(Payload.Bytes(1, 10_000));
        var record = ClientOutput();
        ServerWire.Give(record.AsSpan(0, 4_000));
        ServerWire.Settle();
        Server.Settle();
        Assert.Equal(0, Server.PendingBytes);
        ServerWire.Give(record.AsSpan(4_000));
        Assert.Equal(Payload.Bytes(1, 10_000), Server.ExpectBytes(10_000));
    }

    [Fact]
    public void An_idle_connection_holds_no_block()
    {
        StartEstablished();
        Client.TakeAll();
        Server.TakeAll();
        for (var i = 0; i < 3; i++)
        {
            Shuttle();
            PoolIsFull();
            Client.Give(Payload.Bytes(1, 30_000));
            Server.Give([1]);
            Shuttle();
            Server.ExpectBytes(30_000);
            Client.ExpectBytes(1);
        }

        PoolIsFull();
    }

    [Fact]
    public void Plaintext_has_room_for_a_frame_header_in_front_and_fills_its_block_with_whole_records()
    {
        StartEstablished();
        Server.TakeAll();
        Client.Give(Payload.Bytes(1, PoolBytes.MaxSlice));
        Client.Give(Payload.Bytes(1, PoolBytes.MaxSlice));
        Shuttle();
        Assert.All(Server.PendingElements, length => Assert.InRange(length, 1, PoolBytes.MaxSlice));
        Assert.InRange(Server.PendingElements.Count, 2, 5);
    }

    [Fact]
    public void A_changed_byte_fails_the_stage()
    {
        StartEstablished();
        Server.TakeAll();
        Client.Give(Payload.Bytes(1, 100));
        var record = ClientOutput();
        record[50] ^= 1;
        ServerWire.Give(record);
        Assert.Equal(TransportFault.Tls, Server.ExpectFailure<TransportException>().Fault);
        ServerWire.ExpectCancelled();
    }

    [Fact]
    public void A_failure_with_bytes_everywhere_gives_all_of_them_back()
    {
        StartEstablished();
        Client.Give(Payload.Bytes(1, 500_000));
        Client.Give(Payload.Bytes(1, 500_000));
        Shuttle();
        Server.Take();
        Server.Settle();
        ServerWire.FailNow(new TransportException(TransportFault.Reset, "test"));
        ClientWire.FailNow(new TransportException(TransportFault.Reset, "test"));
        Assert.Equal(TransportFault.Reset, Server.ExpectFailure<TransportException>().Fault);
        Assert.Equal(TransportFault.Reset, Client.ExpectFailure<TransportException>().Fault);
        PoolIsFull();
    }

    private static void GiveInParts(Hand hand, byte[] bytes, Random random)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var count = Math.Min(random.Next(1, 100_000), bytes.Length - at);
            hand.Give(bytes.AsSpan(at, count));
            at += count;
        }
    }

    private (Hand Client, Hand Server) StartJoined(CutFlow toServer, CutFlow toClient)
    {
        var client = Flow.FromGraph(new HandStage(Pool))
            .JoinMaterialized(TlsStage.Client(TestCertificates.ClientOptions(), Pool, static _ => { }), Keep.Left)
            .JoinMaterialized(BidiFlow.FromFlows(Flow.FromGraph(toServer), Flow.FromGraph(toClient)), Keep.Left);
        var server = Flow.FromGraph(new HandStage(Pool))
            .JoinMaterialized(TlsStage.Server(TestCertificates.ServerOptions(), Pool, static _ => { }), Keep.Left);
        return client.JoinMaterialized(server, (c, s) => (c, s)).Run(Materializer);
    }

    private Hand RunOver(TlsStage tls, System.Net.Sockets.Socket socket) =>
        BidiFlow.FromGraph(tls)
            .Join(Flow.FromGraph(new TcpConnectionStage(new TcpConnectionParts(
                socket, Pool, new TcpConnectionOptions { ResetUnlessClean = false }, TimeProvider.System))))
            .JoinMaterialized(new HandStage(Pool), Keep.Right)
            .Run(Materializer);
}
