using Xunit;
using static ActorTunnel.Host.Tests.Configuration.Hocon.HoconTexts;

namespace ActorTunnel.Host.Tests.Configuration.Hocon;

public sealed class HoconSyntaxMistakeTests
{
    [Theory]
    [InlineData("[1]", 1, 1, "found '['", "an object")]
    [InlineData("a = 1\n}", 2, 1, "found '}'", "a key or the end of the text")]
    [InlineData("{ a = 1", 1, 8, "found the end of the text", "the '}' for the '{' at test.conf:1:1")]
    [InlineData("{ a = 1 } b", 1, 11, "found 'b'", "nothing behind")]
    [InlineData("a {\n b = 1\n", 3, 1, "found the end of the text", "the '}' for the '{' at test.conf:1:3")]
    [InlineData("a = [1, 2", 1, 10, "found the end of the text", "the ']' for the '[' at test.conf:1:5")]
    [InlineData("a = [1\n2", 2, 2, "found the end of the text", "the ']' for the '[' at test.conf:1:5")]
    [InlineData("a = [1,,2]", 1, 8, "found ','", "a value")]
    [InlineData("a = [,1]", 1, 6, "found ','", "a value")]
    [InlineData("a = [1,2,,]", 1, 10, "found ','", "a value")]
    [InlineData("a = 1,,b = 2", 1, 7, "found ','", "a key")]
    [InlineData(",a = 1", 1, 1, "found ','", "a key")]
    [InlineData("a = ", 1, 5, "found the end of the text", "a value")]
    [InlineData("a = }", 1, 5, "found '}'", "a value")]
    [InlineData("a", 1, 2, "found the end of the text", "'=', ':', '+=' or '{'")]
    [InlineData("a = 1 b = 2", 1, 9, "found '='", "a comma, a new line or")]
    [InlineData("bind = 127.0.0.1:10000", 1, 17, "found ':'", "a value that holds ':' goes into quotes")]
    [InlineData("a = 1 } ", 1, 7, "found '}'", "a comma, a new line or the end of the text")]
    [InlineData("a = \"x\n\"", 1, 5, "does not end on its line", "three quotes")]
    [InlineData("a = \"x", 1, 5, "does not end on its line", "a closing quote")]
    [InlineData("a = \"\"\"x\n", 1, 5, "does not end", "\"\"\"")]
    [InlineData("a = \"x\\q\"", 1, 7, "an escape that JSON does not know", "\\n")]
    [InlineData("a = \"\\u12x4\"", 1, 6, "an escape that JSON does not know", "four hexadecimal digits")]
    [InlineData("a = \"x\ty\"", 1, 7, "control character U+0009", "\\t")]
    [InlineData("a = *", 1, 5, "found '*'", "only in quotes")]
    [InlineData("a = x@y", 1, 6, "found '@'", "only in quotes")]
    [InlineData("a = $x", 1, 5, "found '$'", "only in quotes")]
    [InlineData("a = ${b", 1, 8, "found the end of the text", "'}' behind the path of the substitution at test.conf:1:5")]
    [InlineData("a = ${}", 1, 7, "found '}'", "the path of a key")]
    [InlineData("a = ${b${c}}", 1, 8, "found '${'", "'}'")]
    [InlineData("${a} = 1", 1, 1, "found '${'", "a key")]
    [InlineData("a..b = 1", 1, 3, "an empty element", "\"\"")]
    [InlineData(".a = 1", 1, 1, "an empty element", "\"\"")]
    [InlineData("a. = 1", 1, 2, "an empty element", "\"\"")]
    [InlineData("a = [{ b += 1 }]", 1, 10, "'+=' inside an array element", "the whole array")]
    [InlineData("a = [{ include \"x\" }]", 1, 8, "include inside an array element", "a field of an object")]
    [InlineData("include = 1", 1, 9, "found '='", "goes into quotes")]
    [InlineData("include x", 1, 1, "include x", "goes into quotes")]
    [InlineData("include url(\"http://x\")", 1, 1, "include url(", "file(\"file\")")]
    public void The_first_syntax_error_says_where_what_was_found_and_what_is_allowed(
        string text, int line, int column, string problem, string allowed)
    {
        var mistake = SyntaxMistake(text);

        Assert.Equal((line, column), (mistake.Line, mistake.Column));
        Assert.Contains(problem, mistake.Problem, StringComparison.Ordinal);
        Assert.Contains(allowed, mistake.Allowed, StringComparison.Ordinal);
    }
}
