using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Upstreams;
using CsCheck;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Upstreams;

public sealed class EndpointPickerTests
{
    private static readonly EndpointLoad Idle = new(IsEjected: false, OpenTunnels: 0);
    private static readonly EndpointLoad Ejected = new(IsEjected: true, OpenTunnels: 0);

    [Fact]
    public void Round_robin_takes_each_in_turn_whatever_its_tunnels()
    {
        Assert.Equal([0, 1, 2, 0, 1, 2, 0], Picks(LoadBalancing.RoundRobin, 7, [Idle, Idle with { OpenTunnels = 9 }, Idle]));
    }

    [Fact]
    public void Round_robin_leaves_out_the_ejected_and_shares_its_turns_evenly()
    {
        Assert.Equal([0, 2, 3, 0, 2, 3], Picks(LoadBalancing.RoundRobin, 6, [Idle, Ejected, Idle, Idle]));
    }

    [Fact]
    public void Least_tunnels_takes_the_least_loaded_that_is_not_ejected()
    {
        EndpointLoad[] endpoints = [new(false, 5), new(true, 0), new(false, 2), new(false, 3)];

        Assert.Equal([2, 2], Picks(LoadBalancing.LeastTunnels, 2, endpoints));
    }

    [Fact]
    public void Least_tunnels_goes_round_among_equals()
    {
        Assert.Equal([0, 2, 3, 0, 2, 3], Picks(LoadBalancing.LeastTunnels, 6, [Idle, new(false, 1), Idle, Idle]));
    }

    [Theory]
    [InlineData(LoadBalancing.RoundRobin)]
    [InlineData(LoadBalancing.LeastTunnels)]
    public void Nothing_is_picked_when_all_are_ejected_or_there_is_none(LoadBalancing policy)
    {
        var picker = EndpointPicker.For(policy);

        Assert.False(picker.TryPick([Ejected, Ejected], out _));
        Assert.False(picker.TryPick([], out _));
        Assert.True(picker.TryPick([Ejected, Idle], out var index));
        Assert.Equal(1, index);
    }

    [Fact]
    public void Least_tunnels_keeps_endpoints_level_when_tunnels_stay_open()
    {
        Gen.Int[1, 12].Sample(count =>
        {
            var picker = EndpointPicker.For(LoadBalancing.LeastTunnels);
            var endpoints = new EndpointLoad[count];
            for (var tunnel = 0; tunnel < 5 * count + 3; tunnel++)
            {
                Assert.True(picker.TryPick(endpoints, out var index));
                endpoints[index] = endpoints[index] with { OpenTunnels = endpoints[index].OpenTunnels + 1 };
            }

            Assert.InRange(endpoints.Max(endpoint => endpoint.OpenTunnels) - endpoints.Min(endpoint => endpoint.OpenTunnels), 0, 1);
        });
    }

    [Fact]
    public void Whatever_the_list_and_however_it_changes_a_pick_is_never_ejected_and_fails_only_when_all_are()
    {
        var endpoint = Gen.Select(Gen.Bool, Gen.Int[0, 5], (ejected, tunnels) => new EndpointLoad(ejected, tunnels));
        Gen.Select(Gen.Enum<LoadBalancing>(), endpoint.Array[0, 6].Array[1, 8]).Sample((policy, lists) =>
        {
            var picker = EndpointPicker.For(policy);
            foreach (var list in lists)
            {
                var picked = picker.TryPick(list, out var index);
                Assert.Equal(list.Any(one => !one.IsEjected), picked);
                if (picked)
                {
                    Assert.False(list[index].IsEjected);
                    Assert.True(policy != LoadBalancing.LeastTunnels || list.All(one => one.IsEjected || one.OpenTunnels >= list[index].OpenTunnels));
                }
            }
        });
    }

    private static List<int> Picks(LoadBalancing policy, int count, EndpointLoad[] endpoints)
    {
        var picker = EndpointPicker.For(policy);
        var picks = new List<int>();
        for (var i = 0; i < count; i++)
        {
            Assert.True(picker.TryPick(endpoints, out var index));
            picks.Add(index);
        }

        return picks;
    }
}
