using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;
using CsCheck;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Routing;

public sealed class RouteTableTests
{
    private static readonly string[] AllLevels =
    [
        "x.a.host.com:443", "x.a.host.com", "*.a.host.com:443", "*.a.host.com", "*.host.com:443", "*.host.com", "*.com:443", "*.com", "*:443", "*",
    ];

    [Fact]
    public void The_most_specific_route_wins_and_each_next_one_when_it_is_taken_away()
    {
        var authority = Parse("x.a.host.com:443");
        for (var level = 0; level < AllLevels.Length; level++)
        {
            // Written in reverse, so that the order of the file would give another answer.
            var table = Table([.. AllLevels.Skip(level).Reverse()]);
            Assert.True(table.TryMatch(authority, out var upstream));
            Assert.Equal(AllLevels[level], upstream);
        }
    }

    [Fact]
    public void Neither_the_order_of_the_routes_nor_routes_that_do_not_match_change_the_answer()
    {
        var authority = Parse("x.a.host.com:443");
        string[] others = ["x.a.host.com:80", "*.x.a.host.com", "a.host.com", "host.com:443", "*.a.host.com:80", "*.org", "*:80"];

        Gen.Select(Gen.Shuffle(AllLevels.Concat(others).ToArray()), Gen.Int[1, AllLevels.Length + others.Length]).Sample((shuffled, count) =>
        {
            var patterns = shuffled.Take(count).ToArray();
            var expected = AllLevels.FirstOrDefault(level => patterns.Contains(level));
            Table(patterns).TryMatch(authority, out var upstream);
            Assert.Equal(expected, upstream);
        });
    }

    [Theory]
    [InlineData("host.com", "host.com:1", true)]
    [InlineData("host.com", "HOST.COM:1", true)]
    [InlineData("host.com", "a.host.com:1", false)]
    [InlineData("host.com:443", "host.com:444", false)]
    [InlineData("*.host.com", "a.host.com:1", true)]
    [InlineData("*.host.com", "a.b.host.com:1", true)]
    [InlineData("*.host.com", "host.com:1", false)]
    [InlineData("*.host.com", "ahost.com:1", false)]
    [InlineData("*.host.com", "host.com.org:1", false)]
    [InlineData("*.host.com:443", "a.host.com:444", false)]
    [InlineData("*:443", "10.0.0.1:443", true)]
    [InlineData("*:443", "10.0.0.1:444", false)]
    [InlineData("*", "[::1]:1", true)]
    [InlineData("[::1]", "[0:0::1]:1", true)]
    [InlineData("[::1]:80", "[::1]:80", true)]
    [InlineData("10.0.0.1", "10.0.0.1:80", true)]
    [InlineData("*.example", "1.2.3.4.example:80", true)]
    public void A_single_pattern_matches_what_it_says(string pattern, string authority, bool matches)
    {
        Assert.Equal(matches, Table([pattern]).TryMatch(Parse(authority), out var upstream));
        Assert.Equal(matches ? pattern : null, upstream);
    }

    [Fact]
    public void A_table_without_routes_matches_nothing()
    {
        Assert.False(Table([]).TryMatch(Parse("host.com:443"), out _));
    }

    [Fact]
    public void Every_mistake_is_told_with_its_place()
    {
        RouteSettings[] routes =
        [
            new("host.com:443", "one"), new("127.1", "two"), new("HOST.com:443", "three"), new("host.com", "four"), new("[::1]", "five"), new("[0::1]", "five"),
        ];

        Assert.False(RouteTable.TryCreate(routes, out var table, out var mistakes));
        Assert.Null(table);
        Assert.Collection(
            mistakes,
            first =>
            {
                var bad = Assert.IsType<RouteMistake.BadPattern>(first);
                Assert.Equal((1, routes[1]), (bad.Index, bad.Route));
                Assert.NotEmpty(bad.Problem);
            },
            second => Assert.Equal(new RouteMistake.Duplicate(2, routes[2], 0), second),
            third => Assert.Equal(new RouteMistake.Duplicate(5, routes[5], 4), third));
    }

    /// <summary>A table in which each upstream is named like its pattern.</summary>
    private static RouteTable Table(string[] patterns)
    {
        var created = RouteTable.TryCreate(patterns.Select(pattern => new RouteSettings(pattern, pattern)), out var table, out var mistakes);
        Assert.True(created, string.Join(", ", mistakes));
        return table!;
    }

    private static Authority Parse(string text)
    {
        Assert.True(Authority.TryParse(text, out var authority, out var problem), problem);
        return authority;
    }
}
