using ActorTunnel.Mesh.Membership;
using ActorTunnel.Proxy.Settings;
using Xunit;
using static ActorTunnel.Mesh.Tests.Membership.Mesh;

namespace ActorTunnel.Mesh.Tests.Membership;

/// <summary>Who is told how a node is.</summary>
public sealed class ReportLeasesTests
{
    private static readonly EndpointAddress A = Id(1).Address;
    private static readonly EndpointAddress B = Id(2).Address;

    private readonly ReportLeases _leases = new();

    [Fact]
    public void A_lease_runs_for_its_time_and_is_forgotten_then()
    {
        _leases.Grant(A, At(5), At(10));
        _leases.Grant(B, At(7), At(10));

        Assert.Equal([A, B], _leases.Running(At(14.999)).OrderBy(holder => holder.Port));
        Assert.Equal([B], _leases.Running(At(15)).AsEnumerable());
        Assert.Empty(_leases.Running(At(17)));
    }

    [Fact]
    public void Only_a_new_holder_is_told_at_once()
    {
        Assert.True(_leases.Grant(A, At(5), At(10)));
        Assert.False(_leases.Grant(A, At(5), At(12)));
        Assert.Equal([A], _leases.Running(At(16.999)).AsEnumerable());
        Assert.True(_leases.Grant(A, At(5), At(17)));
    }

    [Fact]
    public void Who_asks_once_is_told_once_and_keeps_the_lease_that_runs()
    {
        Assert.True(_leases.Grant(A, TimeSpan.Zero, At(10)));
        Assert.Empty(_leases.Running(At(10)));
        _leases.Grant(A, At(5), At(10));
        Assert.True(_leases.Grant(A, TimeSpan.Zero, At(12)));
        Assert.Equal([A], _leases.Running(At(14)).AsEnumerable());
    }

    [Fact]
    public void Who_is_no_member_any_more_loses_its_lease()
    {
        _leases.Grant(A, At(5), At(10));
        _leases.Grant(B, At(5), At(10));

        _leases.Retain(new HashSet<EndpointAddress> { B });

        Assert.Equal([B], _leases.Running(At(10)).AsEnumerable());
    }
}
