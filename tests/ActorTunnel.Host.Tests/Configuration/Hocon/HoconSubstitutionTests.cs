using ActorTunnel.Host.Configuration.Hocon;
using Xunit;
using static ActorTunnel.Host.Tests.Configuration.Hocon.HoconTexts;

namespace ActorTunnel.Host.Tests.Configuration.Hocon;

public sealed class HoconSubstitutionTests
{
    [Fact]
    public void A_substitution_sees_the_last_value_of_the_whole_text() =>
        Assert.Equal("""{"a":1,"b":3}""".Replace("1", "3", StringComparison.Ordinal), Json("a = ${b}\nb = 2\nb = 3"));

    [Fact]
    public void A_substitution_has_any_type() => Assert.Equal(
        """{"x":{"n":null,"t":true,"o":{"p":1},"l":[1]},"n":null,"t":true,"o":{"p":1},"l":[1]}""",
        Json("x { n = null, t = true, o { p = 1 }, l = [1] }\nn = ${x.n}, t = ${x.t}, o = ${x.o}, l = ${x.l}"));

    [Fact]
    public void Paths_in_substitutions_may_have_quotes() =>
        Assert.Equal("""{"a.b":{"c d":1},"e":1}""", Json("\"a.b\" { c d = 1 }\ne = ${\"a.b\".c d}"));

    [Fact]
    public void The_environment_stands_behind_the_configuration() => Assert.Equal(
        """{"HOME":"mine","a":"mine","b":"5","c":""}""",
        Json("HOME = mine\na = ${HOME}\nb = ${PORT}\nc = ${EMPTY}", ("HOME", "theirs"), ("PORT", "5"), ("EMPTY", "")));

    [Fact]
    public void A_null_hides_the_environment() => Assert.Equal("""{"HOME":null,"a":null}""", Json("HOME = null\na = ${HOME}", ("HOME", "x")));

    [Fact]
    public void A_value_from_the_environment_has_the_place_of_the_substitution() =>
        Assert.Equal("test.conf:2:5", Document("\na = ${X}", ("X", "1")).Root.Find("a")!.Value.Place.ToString());

    [Fact]
    public void An_undefined_optional_substitution_leaves_no_field() =>
        Assert.Equal("""{"c":1}""", Json("a = ${?x}\nb = ${?x}${?y}\nc = 1"));

    [Fact]
    public void An_undefined_optional_substitution_leaves_the_earlier_value() =>
        Assert.Equal("""{"a":1,"o":{"p":1}}""", Json("a = 1\na = ${?x}\no { p = 1 }\no = ${?x}"));

    [Fact]
    public void A_defined_optional_substitution_hides_the_earlier_value() =>
        Assert.Equal("""{"a":"7"}""", Json("a = 1\na = ${?X}", ("X", "7")));

    [Fact]
    public void An_undefined_optional_substitution_is_no_element() => Assert.Equal("""{"a":[1,2]}""", Json("a = [1, ${?x}, 2]"));

    [Fact]
    public void An_undefined_optional_substitution_joins_as_nothing() => Assert.Equal(
        """{"a":"foo","b":[1],"c":{"d":1}}""", Json("a = ${?x}foo\nb = ${?x} [1]\nc = ${?x} { d = 1 }"));

    [Fact]
    public void What_a_later_value_hides_is_never_asked_for() =>
        Assert.Equal("""{"a":42,"b":5}""", Json("a = ${nowhere}\na = 42\nb = ${b}\nb = ${a}\nb = 5"));

    [Fact]
    public void An_undefined_substitution_is_a_mistake_at_its_place()
    {
        var document = Document("a = 1\nb {\n  c = x ${no.where}\n}\nd = ${also-not}");

        Assert.Equal(
            ["test.conf:3:9", "test.conf:5:5"], document.Mistakes.Select(mistake => mistake.Place.ToString()));
        Assert.StartsWith("${no.where} is defined neither", document.Mistakes[0].Problem, StringComparison.Ordinal);
        Assert.IsType<HoconBroken>(document.Root.Find("d")!.Value);
    }

    [Fact]
    public void A_path_through_a_scalar_leads_nowhere() =>
        Assert.StartsWith("${a.b} is defined neither", ResolutionMistake("a { b = 1 }\na = 5\nc = ${a.b}").Problem, StringComparison.Ordinal);

    [Fact]
    public void An_object_may_refer_to_its_own_parts() => Assert.Equal(
        """{"bar":{"foo":43,"baz":43}}""", Json("bar { foo = 42, baz = ${bar.foo} }\nbar { foo = 43 }"));

    [Fact]
    public void Objects_may_refer_to_each_others_parts() => Assert.Equal(
        """{"bar":{"a":4,"b":3},"foo":{"c":3,"d":4}}""",
        Json("bar { a = ${foo.d}, b = 1 }\nbar.b = 3\nfoo { c = ${bar.b}, d = 2 }\nfoo.d = 4"));

    [Fact]
    public void A_substitution_may_bring_the_object_that_a_later_path_goes_through() => Assert.Equal(
        """{"x":{"p":{"q":1}},"a":{"p":{"q":1},"r":2},"b":1}""", Json("x { p { q = 1 } }\na = ${x}\na { r = 2 }\nb = ${a.p.q}"));

    [Fact]
    public void Objects_merge_over_a_substitution_and_under_it() => Assert.Equal(
        """{"a":{"one":1,"two":3,"three":4},"x":{"two":3,"three":3}}""",
        Json("a { one = 1, two = 2 }\na = ${x}\na { three = 4 }\nx { two = 3, three = 3 }"));

    [Theory]
    [InlineData("b = ${?a.p.q}\na { p { q = 1 } }\na = ${x}\nx { p = 5 }", """{"a":{"p":5},"x":{"p":5}}""")]
    [InlineData("b = ${?a.p.q}\na { p { q = 1 } }\na = ${x}\na { p = 5 }\nx { }", """{"a":{"p":5},"x":{}}""")]
    [InlineData("b = ${?a.p.q}\na { p { q = 1 } }\na = 5\na = ${?x}", """{"a":5}""")]
    [InlineData("b = ${?a.p.q}\na { p { q = 1 } }\na = ${x}\nx = 5", """{"a":5,"x":5}""")]
    // The reference comes first, so that its path is walked before anything is resolved.
    public void A_path_does_not_lead_past_a_value_that_hides_what_is_below(string text, string expected) => Assert.Equal(expected, Json(text));

    [Fact]
    public void Definitions_inside_merged_objects_stack_up() => Assert.Equal(
        """{"o":{"a":{"b":1,"c":2}},"x":{"b":1}}""", Json("o { a { b = 0 } }\no { a = 5, a = ${x} }\no { a { c = 2 } }\nx { b = 1 }"));
}
