using Xunit;
using static ActorTunnel.Host.Tests.Configuration.Hocon.HoconTexts;

namespace ActorTunnel.Host.Tests.Configuration.Hocon;

public sealed class HoconSelfReferenceTests
{
    [Theory]
    [InlineData("path = \"a:b\"\npath = ${path}\":c\"", """{"path":"a:b:c"}""")]
    [InlineData("path = [a]\npath = ${path} [b]", """{"path":["a","b"]}""")]
    [InlineData("path = [a]\npath = ${path} [b]\npath = ${path} [c]", """{"path":["a","b","c"]}""")]
    [InlineData("o { p = 1 }\no { p = ${o.p}2 }", """{"o":{"p":"12"}}""")]
    [InlineData("foo { a = 1 }\nfoo = ${foo}", """{"foo":{"a":1}}""")]
    [InlineData("foo { a { c = 1 } }\nfoo = ${foo.a}\nfoo { a = 2 }", """{"foo":{"a":2,"c":1}}""")]
    public void A_key_that_names_itself_means_its_earlier_value(string text, string expected) => Assert.Equal(expected, Json(text));

    [Theory]
    [InlineData("a = ${?a}foo", """{"a":"foo"}""")]
    [InlineData("foo = ${?foo}", "{}")]
    [InlineData("a = ${?b}\nb = ${?a}", "{}")]
    public void An_optional_reference_to_itself_without_an_earlier_value_is_nothing(string text, string expected) =>
        Assert.Equal(expected, Json(text));

    [Theory]
    [InlineData("a += b", """{"a":["b"]}""")]
    [InlineData("a = [1]\na += 2\na += [3]", """{"a":[1,2,[3]]}""")]
    [InlineData("x.a = [1]\nx { a += { b = 2 } }", """{"x":{"a":[1,{"b":2}]}}""")]
    public void Plus_equal_appends_an_element(string text, string expected) => Assert.Equal(expected, Json(text));

    [Fact]
    public void Plus_equal_needs_an_array() =>
        Assert.Contains("a number and an array", ResolutionMistake("a = 1\na += 2").Problem, StringComparison.Ordinal);

    [Theory]
    [InlineData("a = 1\nb = ${a}\na = ${b}", """{"a":1,"b":1}""")]
    [InlineData("a = 1\nb = 2\na = ${b}\nb = ${a}", """{"a":1,"b":1}""")]
    public void A_circle_is_broken_by_an_earlier_value(string text, string expected) => Assert.Equal(expected, Json(text));

    [Fact]
    public void A_reference_to_itself_without_an_earlier_value_is_a_mistake()
    {
        var mistake = ResolutionMistake("\n a = ${a}");

        Assert.Equal("test.conf:2:6", mistake.Place.ToString());
        Assert.StartsWith("${a} needs its own value", mistake.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a { b = ${a} }")]
    [InlineData("a = [${a}]")]
    public void An_object_or_an_array_cannot_be_inside_itself(string text) =>
        Assert.StartsWith("${a} needs its own value", ResolutionMistake(text).Problem, StringComparison.Ordinal);

    [Fact]
    public void A_circle_is_reported_once_with_all_its_places()
    {
        var mistake = ResolutionMistake("a = ${b}\nb = ${c}\nc = ${a}\nd = ${a}");

        Assert.Equal(
            "substitutions in a circle: ${b} at test.conf:1:5 → ${c} at test.conf:2:5 → ${a} at test.conf:3:5", mistake.Problem);
        Assert.Equal("test.conf:3:5", mistake.Place.ToString());
    }

    [Fact]
    public void Two_circles_are_both_reported() => Assert.Equal(
        ["test.conf:2:5", "test.conf:4:5"],
        Document("a = ${b}\nb = ${a}\nc = ${d}\nd = ${c}").Mistakes.Select(mistake => mistake.Place.ToString()));
}
