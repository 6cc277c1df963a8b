using System.Net;
using System.Net.Sockets;
using ActorTunnel.Transport.Sockets;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ActorTunnel.Transport.Tests.Sockets;

public sealed class NameResolverTests
{
    private static readonly IPAddress V4A = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress V4B = IPAddress.Parse("192.0.2.2");
    private static readonly IPAddress V6A = IPAddress.Parse("2001:db8::1");

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(DnsFamily.V4Only, "192.0.2.1 192.0.2.2")]
    [InlineData(DnsFamily.V6Only, "2001:db8::1")]
    [InlineData(DnsFamily.V4Preferred, "192.0.2.1 192.0.2.2")]
    [InlineData(DnsFamily.All, "2001:db8::1 192.0.2.1 192.0.2.2")]
    public async Task The_family_decides_which_addresses_are_used_and_in_which_order(DnsFamily family, string expected)
    {
        var result = await Resolver(V6A, V4A, V4B).ResolveAsync("name.test", family, CancellationToken.None);
        Assert.Equal(SocketError.Success, result.Error);
        Assert.Equal(expected, string.Join(' ', result.Addresses));
    }

    [Fact]
    public async Task All_takes_the_families_in_turn_beginning_with_the_first_answer()
    {
        var result = await Resolver(V4A, V4B, V6A).ResolveAsync("name.test", DnsFamily.All, CancellationToken.None);
        Assert.Equal([V4A, V6A, V4B], result.Addresses.ToArray());
    }

    [Fact]
    public async Task IPv6_is_used_where_IPv4_is_preferred_and_there_is_none()
    {
        var result = await Resolver(V6A).ResolveAsync("name.test", DnsFamily.V4Preferred, CancellationToken.None);
        Assert.Equal([V6A], result.Addresses.ToArray());
    }

    [Fact]
    public async Task A_name_without_an_address_of_the_family_has_no_data()
    {
        var result = await Resolver(V6A).ResolveAsync("name.test", DnsFamily.V4Only, CancellationToken.None);
        Assert.Equal(SocketError.NoData, result.Error);
    }

    [Fact]
    public async Task An_address_is_its_own_answer_whatever_the_family()
    {
        var result = await Resolver().ResolveAsync("2001:db8::1", DnsFamily.V4Only, CancellationToken.None);
        Assert.Equal([V6A], result.Addresses.ToArray());
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_an_error_and_no_exception()
    {
        var resolver = new NameResolver(
            (_, _) => Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound)), TimeSpan.FromSeconds(5), _time);
        Assert.Equal(SocketError.HostNotFound, (await resolver.ResolveAsync("name.test", DnsFamily.All, CancellationToken.None)).Error);
    }

    [Fact]
    public async Task A_resolver_that_does_not_answer_is_given_up_at_the_deadline_even_if_it_heeds_no_cancellation()
    {
        var never = new TaskCompletionSource<IPAddress[]>();
        var resolver = new NameResolver((_, _) => never.Task, TimeSpan.FromSeconds(5), _time);
        var pending = resolver.ResolveAsync("name.test", DnsFamily.All, CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(pending.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(SocketError.TimedOut, (await pending.WaitAsync(TestSupport.Streams.StageTest.Patience)).Error);
    }

    private NameResolver Resolver(params IPAddress[] answer) =>
        new((_, _) => Task.FromResult(answer), TimeSpan.FromSeconds(5), _time);
}
