using Xunit;
using static ActorTunnel.Host.Tests.Configuration.Hocon.HoconTexts;

namespace ActorTunnel.Host.Tests.Configuration.Hocon;

public sealed class HoconConcatenationTests
{
    [Theory]
    [InlineData(" foo bar  baz ", "\"foo bar  baz\"")]
    [InlineData("foo \"bar\" 1e5", "\"foo bar 1e5\"")]
    [InlineData("true false null", "\"true false null\"")]
    [InlineData("1 2 3 4", "\"1 2 3 4\"")]
    [InlineData("\"a\"\"b\"", "\"ab\"")]
    public void Scalars_join_to_a_text_with_the_white_space_between(string written, string expected) =>
        Assert.Equal($$"""{"a":{{expected}}}""", Json($"a = {written}\n"));

    [Fact]
    public void A_single_value_keeps_its_type() => Assert.Equal("""{"a":true,"b":1e5}""", Json("a = true\nb = 1e5 # x"));

    [Theory]
    [InlineData("[1, 2] [3, 4]", "[1,2,3,4]")]
    [InlineData("[[1, 2] [3, 4]]", "[[1,2,3,4]]")]
    [InlineData("[[1, 2]\n[3, 4]]", "[[1,2],[3,4]]")]
    [InlineData("[1 2 3 4]", "[\"1 2 3 4\"]")]
    [InlineData("[1\n2]", "[1,2]")]
    public void Arrays_join_on_one_line(string written, string expected) =>
        Assert.Equal($$"""{"a":{{expected}}}""", Json($"a = {written}"));

    [Theory]
    [InlineData("a { b = 1 } { c = 2, b = 3 }")]
    [InlineData("a = { b = 1 }\na = { c = 2 } { b = 3 }")]
    [InlineData("x { b = 1, c = 0 }\na = ${x} { c = 2 }${y}\ny { b = 3 }")]
    public void Objects_merge_on_one_line(string text) => Assert.Contains("\"a\":{\"b\":3,\"c\":2}", Json(text), StringComparison.Ordinal);

    [Fact]
    public void Substitutions_join_with_what_they_stand_for() => Assert.Equal(
        """{"name":"x","n":1e5,"list":["a"],"text":"my x 1e5!","both":["a","b"],"same":1e5}""",
        Json("name = x, n = 1e5, list = [a]\ntext = my ${name} ${n}\"!\"\nboth = ${list} [b]\nsame = ${n}"));

    [Fact]
    public void A_substitution_inside_quotes_is_text() => Assert.Equal("""{"a":"${b}"}""", Json("a = \"${b}\""));

    [Theory]
    [InlineData("a = [1] { }", 1, 9, "an array and an object")]
    [InlineData("a = x [1]", 1, 7, "a text and an array")]
    [InlineData("a =\n  { } 5", 2, 7, "an object and a number")]
    public void Kinds_do_not_mix(string text, int line, int column, string kinds)
    {
        var mistake = SyntaxMistake(text);

        Assert.Equal((line, column), (mistake.Line, mistake.Column));
        Assert.Contains(kinds, mistake.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Kinds_do_not_mix_through_substitutions()
    {
        var mistake = ResolutionMistake("x = 5\na = 1\nb = ${x} [2]");

        Assert.Equal("test.conf:3:5: a number and an array stand next to each other; allowed: only texts, only arrays or only objects; or a comma or a new line between them", mistake.ToString());
    }
}
