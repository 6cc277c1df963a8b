using System.Net;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Upstreams;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Upstreams;

public sealed class ReportedLoadTests
{
    private readonly ReportedLoad _load = new();

    [Fact]
    public void Without_a_report_the_load_is_our_own_tunnels()
    {
        Assert.Equal(3, _load.Estimate(own: 3));
    }

    [Fact]
    public void What_the_report_has_beyond_our_own_tunnels_belongs_to_others_until_the_next_one()
    {
        _load.Take(new TerminatorLoad(Tunnels: 10, Dials: 2, Cpu: 0), own: 4);

        Assert.Equal(4 + 6 + 2, _load.Estimate(own: 4));
        Assert.Equal(9 + 6 + 2, _load.Estimate(own: 9));
        Assert.Equal(0 + 6 + 2, _load.Estimate(own: 0));
    }

    [Fact]
    public void A_report_that_is_older_than_our_latest_tunnels_takes_nothing_off()
    {
        _load.Take(new TerminatorLoad(Tunnels: 1, Dials: 0, Cpu: 0), own: 5);

        Assert.Equal(5, _load.Estimate(own: 5));
    }

    [Fact]
    public void A_busy_processor_makes_up_to_twice_as_much_of_it()
    {
        _load.Take(new TerminatorLoad(Tunnels: 8, Dials: 2, Cpu: 0.5), own: 8);
        Assert.Equal(15, _load.Estimate(own: 8));

        _load.Take(new TerminatorLoad(Tunnels: 8, Dials: 2, Cpu: 1), own: 8);
        Assert.Equal(20, _load.Estimate(own: 8));
    }

    [Fact]
    public void The_same_report_again_is_no_new_one()
    {
        var report = new TerminatorLoad(Tunnels: 10, Dials: 0, Cpu: 0);
        _load.Take(report, own: 4);
        _load.Take(report, own: 10);
        Assert.Equal(16, _load.Estimate(own: 10));

        _load.Take(report with { }, own: 10); // The same figures, said again.
        Assert.Equal(10, _load.Estimate(own: 10));
    }

    [Fact]
    public void A_report_that_is_too_old_to_count_is_forgotten()
    {
        _load.Take(new TerminatorLoad(Tunnels: 10, Dials: 3, Cpu: 1), own: 0);
        _load.Take(null, own: 2);

        Assert.Equal(2, _load.Estimate(own: 2));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void Four_thousand_tunnels_are_spread_evenly_over_four_terminators_though_reports_are_a_second_old(int encapsulators)
    {
        var tunnels = Simulate(encapsulators, factor: 1);

        Assert.InRange(tunnels.Max() / tunnels.Average(), 1, 1.25);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void One_that_reports_ten_times_the_load_gets_few_of_the_tunnels(int encapsulators)
    {
        var tunnels = Simulate(encapsulators, factor: 10);

        Assert.InRange(tunnels[0], 1, 0.15 * tunnels.Sum());
    }

    /// <summary>
    /// 4,000 tunnels that stay open, 400 a second, each from an encapsulator drawn by chance; each second the terminators report what they have then, the first of them
    /// <paramref name="factor"/> times as much, with at least ten tunnels to begin with.
    /// </summary>
    /// <returns>The tunnels of each terminator.</returns>
    private static int[] Simulate(int encapsulators, int factor)
    {
        const int terminators = 4;
        var random = new Random(20);
        var picker = EndpointPicker.For(LoadBalancing.PowerOfTwo, random);
        var open = new int[terminators];
        var own = new int[encapsulators, terminators];
        var loads = new ReportedLoad[encapsulators, terminators];
        for (var i = 0; i < encapsulators; i++)
        {
            for (var terminator = 0; terminator < terminators; terminator++)
            {
                loads[i, terminator] = new ReportedLoad();
            }
        }

        for (var tunnel = 0; tunnel < 4_000; tunnel++)
        {
            if (tunnel % 400 == 0)
            {
                Report();
            }

            var encapsulator = random.Next(encapsulators);
            var endpoints = Enumerable.Range(0, terminators)
                .Select(i => new EndpointLoad(IsCandidate: true, loads[encapsulator, i].Estimate(own[encapsulator, i]), StableHash.Empty)).ToArray();
            Assert.True(picker.TryPick(endpoints, IPAddress.Loopback, out var index));
            open[index]++;
            own[encapsulator, index]++;
        }

        return open;

        void Report()
        {
            for (var terminator = 0; terminator < terminators; terminator++)
            {
                var said = new TerminatorLoad((terminator == 0 ? factor : 1) * (open[terminator] + 10), Dials: 0, Cpu: 0.2);
                for (var i = 0; i < encapsulators; i++)
                {
                    loads[i, terminator].Take(said, own[i, terminator]);
                }
            }
        }
    }
}
