using ActorTunnel.Mesh.Lives;
using ActorTunnel.Proxy.Settings;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ActorTunnel.Mesh.Tests.Lives;

public sealed class JoinPlanTests
{
    private static readonly EndpointAddress Self = new("10.0.0.1", 4053);
    private static readonly EndpointAddress Seed = new("10.0.0.2", 4053);
    private static readonly EndpointAddress Known = new("10.0.0.3", 4053);

    [Fact]
    public void A_node_without_seeds_founds_at_once() => Assert.Equal((0, TimeSpan.Zero), Summary(JoinPlan.For(Self, [], [])));

    [Fact]
    public void A_node_without_seeds_asks_first_whom_it_knows()
    {
        var plan = JoinPlan.For(Self, [], [Known]);
        Assert.Equal([Known], plan.Contacts.AsEnumerable());
        Assert.Equal(TimeSpan.Zero, plan.FoundAfter);
    }

    [Fact]
    public void Who_is_no_seed_never_founds()
    {
        var plan = JoinPlan.For(Self, [Seed], [Known]);
        Assert.Equal([Known, Seed], plan.Contacts.AsEnumerable());
        Assert.Null(plan.FoundAfter);
    }

    [Fact]
    public void The_first_seed_founds_at_once_and_the_second_gives_it_time()
    {
        Assert.Equal((1, TimeSpan.Zero), Summary(JoinPlan.For(Self, [Self, Seed], [])));
        Assert.Equal((1, JoinPlan.Patience), Summary(JoinPlan.For(Self, [Seed, Self], [])));
    }

    [Fact]
    public void Nobody_is_asked_twice_and_the_node_itself_never() =>
        Assert.Equal([Known, Seed], JoinPlan.For(Self, [Seed, Self], [Self, Known, Known, Seed]).Contacts.AsEnumerable());

    [Fact]
    public void The_address_book_keeps_the_latest_and_forgets_the_old()
    {
        var time = new FakeTimeProvider();
        var book = new AddressBook(time);
        for (var port = 1; port <= AddressBook.Capacity + 1; port++)
        {
            book.Heard(new EndpointAddress("10.0.0.1", port));
        }

        book.Heard(new EndpointAddress("10.0.0.1", 5));
        Assert.Equal(AddressBook.Capacity, book.Addresses.Length);
        Assert.Equal(5, book.Addresses[0].Port);
        Assert.DoesNotContain(new EndpointAddress("10.0.0.1", 1), book.Addresses);

        book.Left(new EndpointAddress("10.0.0.1", 5));
        Assert.DoesNotContain(new EndpointAddress("10.0.0.1", 5), book.Addresses);
        time.Advance(AddressBook.Lifetime);
        Assert.Empty(book.Addresses);
    }

    private static (int Contacts, TimeSpan? FoundAfter) Summary(JoinPlan plan) => (plan.Contacts.Length, plan.FoundAfter);
}
