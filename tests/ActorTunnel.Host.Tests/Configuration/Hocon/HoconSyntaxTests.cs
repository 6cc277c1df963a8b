using ActorTunnel.Host.Configuration.Hocon;
using Xunit;
using static ActorTunnel.Host.Tests.Configuration.Hocon.HoconTexts;

namespace ActorTunnel.Host.Tests.Configuration.Hocon;

public sealed class HoconSyntaxTests
{
    [Fact]
    public void Json_is_hocon() => Assert.Equal(
        """{"a":[1,-2.5e3,true,false,null],"b":{"c":"x\ny"}}""",
        Json("""{ "a" : [1, -2.5e3, true, false, null], "b" : { "c" : "x\ny" } }"""));

    [Theory]
    [InlineData("")]
    [InlineData(" \n# only a comment")]
    [InlineData("\uFEFF{ }")]
    public void A_text_without_fields_is_an_empty_object(string text) => Assert.Equal("{}", Json(text));

    [Fact]
    public void Comments_end_at_the_line() => Assert.Equal(
        """{"a":1,"b":"# // no comment"}""",
        Json("a = 1 // one\n# two\nb = \"# // no comment\" # three"));

    [Fact]
    public void A_single_slash_is_no_comment() => Assert.Equal("""{"a":"/bin/sh"}""", Json("a = /bin/sh//c"));

    [Theory]
    [InlineData("a : 1")]
    [InlineData("a = 1")]
    [InlineData("a\n=\n1")]
    [InlineData("{ a = 1 }\n")]
    [InlineData("a = 1\r\n")]
    public void Keys_and_values_are_separated_by_a_colon_or_an_equal_sign(string text) => Assert.Equal("""{"a":1}""", Json(text));

    [Theory]
    [InlineData("a { b = 1 }")]
    [InlineData("a = { b = 1, }")]
    [InlineData("a : {\n b = 1\n }")]
    [InlineData("a.b = 1")]
    [InlineData("a\n{ b = 1 }")]
    [InlineData("\"a\".b = 1")]
    public void An_object_needs_no_separator_and_a_dotted_key_makes_one(string text) => Assert.Equal("""{"a":{"b":1}}""", Json(text));

    [Theory]
    [InlineData("[1, 2, 3]")]
    [InlineData("[1, 2, 3,]")]
    [InlineData("[1\n2\n3]")]
    [InlineData("[\n\n1,\n2\n,3\n\n]")]
    public void Elements_are_separated_by_a_comma_or_a_new_line(string array) => Assert.Equal("""{"a":[1,2,3]}""", Json($"a = {array}"));

    [Fact]
    public void Fields_are_separated_by_a_comma_or_a_new_line() =>
        Assert.Equal("""{"a":1,"b":2,"c":3}""", Json("a = 1, b = 2\nc = 3,"));

    [Theory]
    [InlineData("truefoo", "\"truefoo\"")]
    [InlineData("footrue", "\"footrue\"")]
    [InlineData("10.0bar", "\"10.0bar\"")]
    [InlineData("bar10.0", "\"bar10.0\"")]
    [InlineData("1e+5", "1e+5")]
    [InlineData("01", "\"01\"")]
    [InlineData("-", "\"-\"")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("include", "\"include\"")]
    public void A_text_without_quotes_has_the_type_that_it_looks_like(string written, string expected) =>
        Assert.Equal($$"""{"a":{{expected}}}""", Json($"a = {written}"));

    [Theory]
    [InlineData("10.0foo", """{"10":{"0foo":1}}""")]
    [InlineData("foo10.0", """{"foo10":{"0":1}}""")]
    [InlineData("foo\"10.0\"", """{"foo10.0":1}""")]
    [InlineData("1.2.3", """{"1":{"2":{"3":1}}}""")]
    [InlineData("true", """{"true":1}""")]
    [InlineData("3.14", """{"3":{"14":1}}""")]
    [InlineData("a b c", """{"a b c":1}""")]
    [InlineData("a.\"\".b", """{"a":{"":{"b":1}}}""")]
    [InlineData("foo include", """{"foo include":1}""")]
    [InlineData("\"include\"", """{"include":1}""")]
    [InlineData("includes", """{"includes":1}""")]
    public void A_key_is_a_path(string key, string expected) => Assert.Equal(expected, Json($"{key} = 1"));

    [Fact]
    public void Three_quotes_hold_several_lines_as_they_are() =>
        Assert.Equal("""{"a":" x\n\\n \"y\" ","b":1}""".Replace("\\\"", "\\u0022", StringComparison.Ordinal), Json("a = \"\"\" x\n\\n \"y\" \"\"\"\nb = 1"));

    [Fact]
    public void More_than_three_quotes_at_the_end_belong_to_the_text() =>
        Assert.Equal("""{"a":"foo\u0022"}""", Json("a = \"\"\"foo\"\"\"\""));

    [Fact]
    public void Escapes_are_those_of_json() =>
        Assert.Equal("\"\\/\b\f\n\r\té", ((HoconString)Document("a = \"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"").Root.Find("a")!.Value).Text);

    [Fact]
    public void A_later_value_wins() => Assert.Equal("""{"a":2}""", Json("a = 1\na = 2"));

    [Fact]
    public void Objects_of_the_same_key_merge() => Assert.Equal(
        """{"foo":{"a":{"x":1,"y":2},"b":43}}""",
        Json("foo { a { x = 1, y = 1 } }, foo { b = 43, a.y = 2 }"));

    [Fact]
    public void A_null_between_keeps_objects_from_merging() =>
        Assert.Equal("""{"foo":{"b":43}}""", Json("foo { a = 42 }\nfoo = null\nfoo { b = 43 }"));

    [Fact]
    public void Every_value_and_every_key_knows_its_place()
    {
        var root = Document("# first line\na {\n  b.c = [ 1,\n    two ]\n}\n").Root;

        var a = root.Find("a")!;
        Assert.Equal("test.conf:2:1", a.Place.ToString());
        Assert.Equal("test.conf:2:3", a.Value.Place.ToString());
        var b = ((HoconObject)a.Value).Find("b")!;
        Assert.Equal("test.conf:3:3", b.Place.ToString());
        var c = ((HoconObject)b.Value).Find("c")!;
        Assert.Equal("test.conf:3:5", c.Place.ToString());
        var array = (HoconArray)c.Value;
        Assert.Equal(["test.conf:3:11", "test.conf:4:5"], array.Items.Select(item => item.Place.ToString()));
    }

    [Fact]
    public void Lines_inside_three_quotes_count() =>
        Assert.Equal("test.conf:3:7", Document("a = \"\"\"x\n\ny\"\"\", b = 1").Root.Find("b")!.Place.ToString());
}
