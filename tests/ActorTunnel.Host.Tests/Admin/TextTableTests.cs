using System.Net;
using ActorTunnel.Host.Admin;
using ActorTunnel.Proxy.Status;
using Xunit;

namespace ActorTunnel.Host.Tests.Admin;

public sealed class TextTableTests
{
    [Fact]
    public void Columns_are_aligned_numbers_to_the_right()
    {
        var table = new TextTable("NAME", "N", "STATE");
        table.Add("a", 5, EndpointState.InUse);
        table.Add("longer", 1_000L, null);

        Assert.Equal(
            """
            NAME       N  STATE
            a          5  in-use
            longer  1000  -

            """,
            table.ToString());
    }

    [Fact]
    public void Lists_addresses_and_flags_are_words()
    {
        var table = new TextTable("A", "B", "C", "D");
        table.Add(new[] { "x", "y" }, IPEndPoint.Parse("[::1]:5"), true, Array.Empty<string>());

        Assert.Equal("x,y  [::1]:5  yes  -", table.ToString().Split('\n')[1]);
    }

    [Fact]
    public void A_control_character_of_a_peer_neither_breaks_a_line_nor_reaches_the_terminal()
    {
        var table = new TextTable("A");
        table.Add("one\r\ntwo\u001b[31m\u0085");

        Assert.Equal("A\none\\u000d\\u000atwo\\u001b[31m\\u0085\n", table.ToString());
    }

    [Theory]
    [InlineData(0.9994, "999ms")]
    [InlineData(1, "1.0s")]
    [InlineData(59.99, "59.9s")]
    [InlineData(61, "1m01s")]
    [InlineData(3_660, "1h01m")]
    [InlineData(90_000, "1d01h")]
    public void A_duration_has_its_two_largest_units(double seconds, string expected) =>
        Assert.Equal(expected, TextTable.Duration(TimeSpan.FromSeconds(seconds)));
}
