using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Upstreams;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Upstreams;

public sealed class MeshEndpointsTests : IDisposable
{
    private readonly TerminatorDirectory _directory = new();
    private readonly MeshEndpoints _endpoints;
    private int _told;

    public MeshEndpointsTests()
    {
        _endpoints = new MeshEndpoints(_directory, "gpu", () => _told++);
    }

    public void Dispose() => _endpoints.Dispose();

    [Fact]
    public void There_is_no_list_before_the_mesh_was_entered_and_an_empty_one_where_nobody_has_the_role()
    {
        Assert.Null(_endpoints.Take());

        Replace(Terminator(1, "terminator"));

        Assert.Empty(_endpoints.Take()!.Value);
    }

    [Fact]
    public void Terminators_with_the_role_are_endpoints_in_the_order_of_the_snapshot()
    {
        var second = Terminator(2, "terminator", "gpu");
        var first = Terminator(1, "gpu");
        Replace(second, Terminator(3, "terminator"), first);

        var endpoints = _endpoints.Take()!.Value;

        Assert.Equal([second, first], endpoints.Select(endpoint => endpoint.Terminator));
        Assert.Equal([second.Address, first.Address], endpoints.Select(endpoint => endpoint.Address));
    }

    [Fact]
    public void However_many_snapshots_come_the_owner_hears_once_until_it_has_taken_the_latest()
    {
        Replace(Terminator(1, "gpu"));
        Replace(Terminator(2, "gpu"));
        Assert.Equal(1, _told);
        Assert.Equal(2, Assert.Single(_endpoints.Take()!.Value).Address.Port);

        Replace(Terminator(3, "gpu"));
        Assert.Equal(2, _told);
    }

    [Fact]
    public void Behind_its_end_nobody_hears_of_anything()
    {
        _endpoints.Dispose();

        Replace(Terminator(1, "gpu"));

        Assert.Equal(0, _told);
    }

    private static Terminator Terminator(int port, params string[] roles) =>
        new(new EndpointAddress("127.0.0.1", port), [.. roles], Zone: null, TerminatorPresence.Member, IsDraining: false, Load: null);

    private void Replace(params Terminator[] terminators) => _directory.Replace(new TerminatorSnapshot(IsKnown: true, [.. terminators]));
}
