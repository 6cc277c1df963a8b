using System.Net;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Upstreams;
using CsCheck;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Upstreams;

public sealed class EndpointPickerTests
{
    private static readonly IPAddress Client = IPAddress.Loopback;
    private static readonly EndpointLoad Idle = Loaded(0);
    private static readonly EndpointLoad Ejected = Idle with { IsCandidate = false };

    [Fact]
    public void Round_robin_takes_each_in_turn_whatever_its_tunnels()
    {
        Assert.Equal([0, 1, 2, 0, 1, 2, 0], Picks(LoadBalancing.RoundRobin, 7, [Idle, Loaded(9), Idle]));
    }

    [Fact]
    public void Round_robin_leaves_out_the_ejected_and_shares_its_turns_evenly()
    {
        Assert.Equal([0, 2, 3, 0, 2, 3], Picks(LoadBalancing.RoundRobin, 6, [Idle, Ejected, Idle, Idle]));
    }

    [Fact]
    public void Least_tunnels_takes_the_least_loaded_that_is_not_ejected()
    {
        Assert.Equal([2, 2], Picks(LoadBalancing.LeastTunnels, 2, [Loaded(5), Ejected, Loaded(2), Loaded(3)]));
    }

    [Fact]
    public void Least_tunnels_goes_round_among_equals()
    {
        Assert.Equal([0, 2, 3, 0, 2, 3], Picks(LoadBalancing.LeastTunnels, 6, [Idle, Loaded(1), Idle, Idle]));
    }

    [Fact]
    public void Least_tunnels_keeps_endpoints_level_when_tunnels_stay_open()
    {
        Gen.Int[1, 12].Sample(count =>
        {
            var picker = PickerOf(LoadBalancing.LeastTunnels);
            var endpoints = Enumerable.Repeat(Idle, count).ToArray();
            for (var tunnel = 0; tunnel < 5 * count + 3; tunnel++)
            {
                Assert.True(picker.TryPick(endpoints, Client, out var index));
                endpoints[index] = endpoints[index] with { Load = endpoints[index].Load + 1 };
            }

            Assert.InRange(endpoints.Max(endpoint => endpoint.Load) - endpoints.Min(endpoint => endpoint.Load), 0, 1);
        });
    }

    [Fact]
    public void The_less_loaded_of_two_is_taken_whichever_was_drawn_first()
    {
        Assert.All(Picks(LoadBalancing.PowerOfTwo, 100, [Loaded(3), Ejected, Loaded(2.5)]), index => Assert.Equal(2, index));
    }

    [Fact]
    public void The_most_loaded_of_many_is_never_taken_and_every_other_one_is()
    {
        var picks = Picks(LoadBalancing.PowerOfTwo, 500, [Loaded(1), Loaded(9), Loaded(3), Ejected, Loaded(2)]);

        Assert.Equal([0, 2, 4], picks.Distinct().Order());

        // Of six pairs of four the least loaded wins three, the next two, the third one.
        Assert.InRange(picks.Count(index => index == 0), 200, 300);
        Assert.InRange(picks.Count(index => index == 2), 50, 120);
    }

    [Fact]
    public void Chance_decides_between_equals()
    {
        var picks = Picks(LoadBalancing.PowerOfTwo, 3_000, [Idle, Idle, Idle]);

        Assert.All([0, 1, 2], index => Assert.InRange(picks.Count(pick => pick == index), 900, 1_100));
    }

    [Theory]
    [InlineData(LoadBalancing.RoundRobin)]
    [InlineData(LoadBalancing.LeastTunnels)]
    [InlineData(LoadBalancing.PowerOfTwo)]
    [InlineData(LoadBalancing.SourceHash)]
    public void Nothing_is_picked_when_all_are_ejected_or_there_is_none(LoadBalancing policy)
    {
        var picker = PickerOf(policy);

        Assert.False(picker.TryPick([Ejected, Ejected], Client, out _));
        Assert.False(picker.TryPick([], Client, out _));
        Assert.True(picker.TryPick([Ejected, Idle], Client, out var index));
        Assert.Equal(1, index);
    }

    [Fact]
    public void Whatever_the_list_and_however_it_changes_a_pick_is_never_ejected_and_fails_only_when_all_are()
    {
        var endpoint = Gen.Select(
            Gen.Bool, Gen.Int[0, 5], Gen.Int[1, 9], (candidate, load, host) => new EndpointLoad(candidate, load, StableHash.Empty.Add($"10.0.0.{host}:1")));
        Gen.Select(Gen.Enum<LoadBalancing>(), Gen.Int, endpoint.Array[0, 6].Array[1, 8]).Sample((policy, seed, lists) =>
        {
            var picker = EndpointPicker.For(policy, new Random(seed));
            foreach (var list in lists)
            {
                var picked = picker.TryPick(list, Client, out var index);
                Assert.Equal(list.Any(one => one.IsCandidate), picked);
                if (picked)
                {
                    Assert.True(list[index].IsCandidate);
                    Assert.True(policy != LoadBalancing.LeastTunnels || list.All(one => !one.IsCandidate || one.Load >= list[index].Load));
                }
            }
        });
    }

    private static EndpointLoad Loaded(double load) => new(IsCandidate: true, load, StableHash.Empty);

    private static EndpointPicker PickerOf(LoadBalancing policy) => EndpointPicker.For(policy, new Random(5));

    private static List<int> Picks(LoadBalancing policy, int count, EndpointLoad[] endpoints)
    {
        var picker = PickerOf(policy);
        var picks = new List<int>();
        for (var i = 0; i < count; i++)
        {
            Assert.True(picker.TryPick(endpoints, Client, out var index));
            picks.Add(index);
        }

        return picks;
    }
}
