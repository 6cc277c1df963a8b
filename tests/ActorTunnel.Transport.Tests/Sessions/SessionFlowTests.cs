using ActorTunnel.Http2.Session;
using ActorTunnel.TestSupport.Bytes;
using Xunit;

namespace ActorTunnel.Transport.Tests.Sessions;

/// <summary>Windows: what a tunnel that nobody reads may hold, and that it is no other tunnel's trouble.</summary>
public sealed class SessionFlowTests : SessionTest
{
    private const int Window = 128 * 1024;
    private const int MiB = 1024 * 1024;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_tunnel_that_nobody_reads_holds_its_window_and_no_more(bool towardsOrigin)
    {
        var settings = new SessionSettings { StreamWindow = Window };
        StartPair(settings, settings);
        var (application, origin) = OpenTunnel();
        var (sender, receiver) = towardsOrigin ? (application, origin) : (origin, application);
        for (var i = 0; i < 100; i++)
        {
            sender.Socket.Give(Payload.Bytes(1, i * 10_000, 10_000));
        }

        // A window at the receiver, and at the sender one block in the stream and one in the pipe.
        Eventually(() => Assert.InRange(sender.Socket.GivenElements, Window / 10_000, (Window / 10_000) + 3));
        var (other, otherOrigin) = OpenTunnel();
        var (otherSender, otherReceiver) = towardsOrigin ? (other, otherOrigin) : (otherOrigin, other);
        otherReceiver.Socket.TakeAll();
        for (var i = 0; i < 40; i++)
        {
            otherSender.Socket.Give(Payload.Bytes(2, i * 50_000, 50_000));
        }

        Assert.Equal(Payload.Bytes(2, 2_000_000), otherReceiver.Socket.ExpectBytes(2_000_000));
        Assert.InRange(sender.Socket.GivenElements, Window / 10_000, (Window / 10_000) + 3);

        receiver.Socket.TakeAll();
        Assert.Equal(Payload.Bytes(1, 1_000_000), receiver.Socket.ExpectBytes(1_000_000));
    }

    /// <summary>Each leaves a few bytes that were repaid too late to be worth a message; they must not add up.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Many_short_tunnels_leave_the_connections_window_as_it_was(bool originEndsFirst)
    {
        var settings = new SessionSettings { StreamWindow = Window, ReceiveBudget = 4 * Window };
        StartPair(settings, settings);
        for (var i = 0; i < 50; i++)
        {
            var (application, origin) = OpenTunnel();
            application.Socket.TakeAll();
            origin.Socket.TakeAll();
            if (originEndsFirst)
            {
                origin.Socket.Complete();
                Assert.Empty(application.Socket.ExpectEnd());
            }

            application.Socket.Give(Payload.Bytes(i, 15_000));
            Assert.Equal(Payload.Bytes(i, 15_000), origin.Socket.ExpectBytes(15_000));
            origin.Socket.Settle();
            application.Socket.Complete(); // The end comes alone, behind the last repayment.
            Assert.Empty(origin.Socket.ExpectEnd());
            origin.Socket.Complete();
            Assert.Empty(application.Socket.ExpectEnd());
        }
    }

    /// <summary>The same for tunnels that live on and are silent.</summary>
    [Fact]
    public void Many_silent_tunnels_leave_room_in_the_connections_window()
    {
        var settings = new SessionSettings { StreamWindow = MiB, ReceiveBudget = MiB, MaxConcurrentStreams = 100 };
        StartPair(settings, settings);
        for (var i = 0; i < 30; i++)
        {
            var (application, origin) = OpenTunnel();
            origin.Socket.TakeAll();
            application.Socket.Give(Payload.Bytes(i, 60_000));
            Assert.Equal(Payload.Bytes(i, 60_000), origin.Socket.ExpectBytes(60_000));
        }
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(16_384)]
    [InlineData(20_000)]
    public void A_small_window_opens_again_and_again(int window)
    {
        var settings = new SessionSettings { StreamWindow = window };
        StartPair(settings, settings);
        var (application, origin) = OpenTunnel();
        origin.Socket.TakeAll();
        application.Socket.Give(Payload.Bytes(1, 100_000));
        Assert.Equal(Payload.Bytes(1, 100_000), origin.Socket.ExpectBytes(100_000));
    }

    [Fact]
    public void A_tunnel_that_was_reset_gives_its_part_of_the_connections_window_back()
    {
        var settings = new SessionSettings { StreamWindow = Window, ReceiveBudget = 4 * Window };
        StartPair(settings, settings);
        for (var i = 0; i < 20; i++)
        {
            var (application, origin) = OpenTunnel();
            for (var j = 0; j < 10; j++)
            {
                application.Socket.Give(new byte[20_000]);
            }

            application.Socket.ExpectGiven(6);
            origin.Socket.FailNow(new TransportException(TransportFault.Reset, "test"));
            application.Socket.ExpectFailure<TransportException>();
        }
    }
}
