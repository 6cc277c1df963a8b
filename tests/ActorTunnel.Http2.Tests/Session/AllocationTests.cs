using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>The way of a byte allocates nothing once it has run for a while.</summary>
public sealed class AllocationTests
{
    private const int Warm = 2_000;
    private const int Rounds = 4_000;
    private const int Measurements = 5;

    private static readonly int[] Lengths = [1, 100, 2_047, 2_048, 16_375, 60_000, 65_527];

    /// <summary>Payload bytes a frame, both ways or one, and streams that take turns.</summary>
    public static TheoryData<int, bool, int> Traffic
    {
        get
        {
            var data = new TheoryData<int, bool, int>();
            foreach (var length in Lengths)
            {
                data.Add(length, false, 1);
                data.Add(length, true, 4);
            }

            data.Add(1_000, true, 500);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Traffic))]
    public void Data_that_is_sent_received_and_repaid_allocates_nothing(int length, bool bothWays, int streams)
    {
        using var pair = new SteadyPair(streams);
        var round = 0;
        AssertAllocatesNothing(() =>
        {
            var at = round++ % streams;
            pair.Client.Send(at, length);
            if (bothWays)
            {
                pair.Server.Send(at, length);
            }

            pair.Pump();
        });
        Assert.True(pair.Server.FramesReceived >= Warm + Rounds - pair.Client.Refused);
        Assert.Equal(bothWays, pair.Client.FramesReceived > 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    public void A_window_that_closes_and_opens_again_allocates_nothing(int streams)
    {
        using var pair = new SteadyPair(streams);
        pair.Server.HoldsRepayments = true;
        AssertAllocatesNothing(() =>
        {
            for (var at = 0; at < streams; at++)
            {
                while (pair.Client.Send(at, 60_000))
                {
                    // More than the window takes: the rest waits for the peer.
                }
            }

            pair.Pump();
            pair.Server.RepayAll();
            pair.Pump();
        }, rounds: 200);
        Assert.True(pair.Client.Refused >= 400, "no window was full");
        Assert.True(pair.Client.Ready >= 400, "no window opened again");
    }

    [Fact]
    public void A_ping_and_its_answer_allocate_nothing()
    {
        using var pair = new SteadyPair(1);
        AssertAllocatesNothing(() =>
        {
            pair.Client.Session.Ping(1);
            pair.Server.Session.Ping(2);
            pair.Pump();
        });
        Assert.True(pair.Client.PingsAnswered >= Warm + Rounds);
        Assert.Equal(pair.Client.PingsAnswered, pair.Server.PingsAnswered);
    }

    [Fact]
    public void A_window_update_that_comes_a_byte_at_a_time_allocates_nothing()
    {
        using var pair = new SteadyPair(1) { BytesAtOnce = 1 };
        AssertAllocatesNothing(() =>
        {
            pair.Client.Send(0, 2_000);
            pair.Pump();
        }, rounds: 300);
        Assert.Equal(0, pair.Client.Refused); // 600 KB each passed the window of 512 KiB, so it was told of more.
    }

    /// <summary>
    /// The runtime itself allocates now and then on the thread that first enters a method's next tier. What the rounds allocate is in each measurement, so the
    /// smallest of a few tells it.
    /// </summary>
    private static void AssertAllocatesNothing(Action round, int rounds = Rounds)
    {
        for (var i = 0; i < Math.Min(rounds, Warm); i++)
        {
            round();
        }

        var least = long.MaxValue;
        for (var measured = 0; measured < Measurements && least > 0; measured++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < rounds; i++)
            {
                round();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }
}
