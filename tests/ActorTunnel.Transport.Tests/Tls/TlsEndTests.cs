using System.Security.Authentication;
using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.TestSupport.Certificates;
using Xunit;

namespace ActorTunnel.Transport.Tests.Tls;

public sealed class TlsEndTests : TlsTest
{
    private const int RecordHeader = 5;

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public void A_half_close_comes_after_all_bytes_and_leaves_the_other_way_open(SslProtocols protocol)
    {
        var options = TestCertificates.ClientOptions();
        options.EnabledSslProtocols = protocol;
        StartEstablished(options);
        Client.TakeAll();
        Server.TakeAll();
        Client.Give(Payload.Bytes(1, 100_000));
        Client.Complete();
        Shuttle();
        Assert.Equal(Payload.Bytes(1, 100_000), Server.ExpectEnd());

        for (var i = 0; i < 3; i++)
        {
            Server.Give(Payload.Bytes(2, i * 30_000, 30_000));
            Shuttle();
            Assert.Equal(Payload.Bytes(2, i * 30_000, 30_000), Client.ExpectBytes(30_000));
        }

        Server.Complete();
        Shuttle();
        Assert.Empty(Client.ExpectEnd());
        StagesStop();
    }

    [Fact]
    public void Both_sides_may_close_at_once()
    {
        StartEstablished();
        Client.TakeAll();
        Server.TakeAll();
        Client.Give(Payload.Bytes(1, 50_000));
        Server.Give(Payload.Bytes(2, 50_000));
        Client.Complete();
        Server.Complete();
        Shuttle();
        Assert.Equal(Payload.Bytes(1, 50_000), Server.ExpectEnd());
        Assert.Equal(Payload.Bytes(2, 50_000), Client.ExpectEnd());
        StagesStop();
    }

    [Fact]
    public void A_close_says_so_in_a_record_of_its_own_before_the_end_of_the_wire()
    {
        StartEstablished();
        ClientOutput();
        Client.CompleteNow();
        Assert.NotEmpty(ClientOutput());
        Assert.Empty(ClientWire.ExpectEnd());
    }

    /// <summary>A peer that says it is done may never close its connection, or not be read from any more when it does.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Two_closes_end_the_stage_without_an_end_of_the_wire(bool peerFirst)
    {
        StartEstablished();
        Client.TakeAll();
        Server.TakeAll();
        ClientOutput();
        if (!peerFirst)
        {
            Server.CompleteNow();
            Server.Settle();
        }

        Client.CompleteNow();
        ServerWire.Give(ClientOutput());
        Server.ExpectEnd();
        if (peerFirst)
        {
            Server.CompleteNow();
        }

        ServerWire.ExpectCancelled();
        ServerWire.ExpectEnd();
    }

    [Fact]
    public void What_comes_after_a_close_is_ignored()
    {
        StartEstablished();
        Server.TakeAll();
        ClientOutput();
        Client.CompleteNow();
        var close = ClientOutput();
        ServerWire.Give([.. close, .. Payload.Bytes(1, 500)]);
        Assert.Empty(Server.ExpectEnd());
        Server.Give([1]);
        Server.ExpectGiven(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_wire_that_is_cut_between_records_delivers_the_bytes_before(bool demandComesLate)
    {
        var records = EstablishedWithRecords(3);
        CutAfter([.. records[0]], [.. records[1]], demandComesLate);
        Assert.Equal(Payload.Bytes(1, 2_000), Server.ExpectBytes(2_000));
        Eventually(() => Assert.True(Server.HasEnded));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(RecordHeader, false)]
    [InlineData(RecordHeader, true)]
    [InlineData(500, false)]
    [InlineData(500, true)]
    public void A_wire_that_is_cut_inside_a_record_delivers_the_bytes_before_and_fails(int bytesOfTheThird, bool demandComesLate)
    {
        var records = EstablishedWithRecords(3);
        CutAfter(records[0], [.. records[1], .. records[2].AsSpan(0, bytesOfTheThird)], demandComesLate);
        Assert.Equal(Payload.Bytes(1, 2_000), Server.ExpectBytes(2_000));
        Assert.Equal(TransportFault.Tls, Server.ExpectFailure<TransportException>().Fault);
        Eventually(() => Assert.True(ServerWire.HasEnded));
    }

    [Fact]
    public void A_bad_record_behind_good_ones_fails_after_their_bytes()
    {
        var records = EstablishedWithRecords(3);
        records[2][RecordHeader + 20] ^= 1;
        ServerWire.Give([.. records[0], .. records[1]]);
        ServerWire.Give(records[2]);
        Server.TakeAll();
        Assert.Equal(Payload.Bytes(1, 2_000), Server.ExpectBytes(2_000));
        Assert.Equal(TransportFault.Tls, Server.ExpectFailure<TransportException>().Fault);
    }

    [Fact]
    public void A_block_that_is_being_filled_is_delivered_at_the_end_of_the_wire()
    {
        var records = EstablishedWithRecords(2);
        ServerWire.Give([.. records[0], .. records[1]]);
        ServerWire.Complete();
        Server.Take();
        Assert.Equal(Payload.Bytes(1, 2_000), Server.ExpectBytes(2_000));
        Server.Settle();
        Server.Take();
        Eventually(() => Assert.True(Server.HasEnded));
    }

    [Fact]
    public void A_wire_that_wants_no_more_cancels_the_plaintext()
    {
        StartEstablished();
        Server.TakeAll();
        ServerWire.Cancel(new TransportException(TransportFault.Reset, "test"));
        Server.ExpectCancelled();
        Assert.Equal(TransportFault.Reset, Server.ExpectFailure<TransportException>().Fault);
        ServerWire.ExpectCancelled();
    }

    [Fact]
    public void A_session_that_fails_fails_the_wire()
    {
        StartEstablished();
        Server.TakeAll();
        Server.FailNow(new TransportException(TransportFault.Aborted, "test"));
        Assert.Equal(TransportFault.Aborted, ServerWire.ExpectFailure<TransportException>().Fault);
        ServerWire.ExpectCancelled();
    }

    [Fact]
    public void A_stage_that_is_stopped_in_its_handshake_leaves_no_failure_unobserved()
    {
        var unobserved = new List<Exception>();
        void Note(object? sender, UnobservedTaskExceptionEventArgs e)
        {
            lock (unobserved)
            {
                unobserved.AddRange(e.Exception.InnerExceptions);
            }
        }

        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            for (var i = 0; i < 20; i++)
            {
                Start();
                ServerWire.Give(ClientOutput());
                ClientWire.FailNow(new TransportException(TransportFault.Reset, "test"));
                ServerWire.FailNow(new TransportException(TransportFault.Reset, "test"));
            }

            StagesStop();
            GC.Collect();
            GC.WaitForPendingFinalizers();
            lock (unobserved)
            {
                Assert.DoesNotContain(unobserved, e => e is IOException or AuthenticationException or ObjectDisposedException);
            }
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }
    }

    /// <summary>Whole records of 1,000 bytes of payload each, on their way from the client to the server.</summary>
    private byte[][] EstablishedWithRecords(int count)
    {
        StartEstablished();
        ClientOutput();
        var records = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            Client.Give(Payload.Bytes(1, i * 1_000, 1_000));
            Client.ExpectGiven(i + 1);
            records[i] = ClientOutput();
        }

        return records;
    }

    /// <summary>The wire ends behind these bytes; the plaintext is asked for before they come, or after the first of them.</summary>
    private void CutAfter(byte[] first, byte[] second, bool demandComesLate)
    {
        var given = ServerWire.GivenElements;
        Server.Take(demandComesLate ? 1 : int.MaxValue);
        ServerWire.Give(first);
        ServerWire.Give(second);
        ServerWire.ExpectGiven(given + 2);
        ServerWire.CompleteNow();
        ServerWire.Settle();
        if (demandComesLate)
        {
            Assert.Equal(1_000, Server.PendingBytes);
            Server.Settle();
            Server.TakeAll();
        }
    }
}
