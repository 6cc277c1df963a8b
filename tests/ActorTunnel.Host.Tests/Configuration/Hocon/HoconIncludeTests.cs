using System.Text;
using ActorTunnel.Host.Configuration;
using ActorTunnel.Host.Configuration.Hocon;
using Xunit;
using static ActorTunnel.Host.Tests.Configuration.Hocon.HoconTexts;

namespace ActorTunnel.Host.Tests.Configuration.Hocon;

public sealed class HoconIncludeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("include \"b.conf\"")]
    [InlineData("include file(\"b.conf\")")]
    [InlineData("include required(\"b.conf\")")]
    [InlineData("include required( file( \"b.conf\" ) )")]
    [InlineData("include\n  \"b.conf\"")]
    [InlineData("include \"b.conf\", c = 2")]
    public void An_included_file_stands_in_place_of_a_field(string include)
    {
        _folder.Write("b.conf", "b = 1");

        Assert.StartsWith("""{"a":1,"b":1""", Load($"a = 1\n{include}"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_comes_later_wins_over_an_included_file_and_the_file_over_what_came_earlier()
    {
        _folder.Write("b.conf", "o { x = 2, y = 2 }");

        Assert.Equal("""{"o":{"x":2,"y":3}}""", Load("o { x = 1, y = 1 }\ninclude \"b.conf\"\no.y = 3"));
    }

    [Fact]
    public void A_file_is_found_next_to_the_including_one()
    {
        _folder.Write("sub/b.conf", "b { include \"deep/c.conf\" }");
        _folder.Write("sub/deep/c.conf", "c = 1");

        Assert.Equal("""{"b":{"c":1}}""", Load("include \"sub/b.conf\""));
    }

    [Fact]
    public void Substitutions_of_an_included_file_mean_its_own_keys_first()
    {
        _folder.Write("b.conf", "x = 10, y = ${x}, z = ${outside}");

        Assert.Equal(
            """{"a":{"x":42,"y":42,"z":1},"x":5,"outside":1}""", Load("a { include \"b.conf\" }\na { x = 42 }\nx = 5\noutside = 1"));
    }

    [Fact]
    public void Substitutions_are_looked_for_in_each_including_file_up_to_the_root()
    {
        _folder.Write("b.conf", "b { include \"c.conf\" }\nmiddle = 2");
        _folder.Write("c.conf", "inner = 1, all = ${inner}${middle}${outer}");

        Assert.Equal("""{"a":{"b":{"inner":1,"all":"123"},"middle":2},"outer":3}""", Load("a { include \"b.conf\" }\nouter = 3"));
    }

    [Fact]
    public void Plus_equal_in_an_included_file_appends_to_the_key_inside_the_including_object()
    {
        _folder.Write("b.conf", "list += 2");

        Assert.Equal("""{"a":{"list":[1,2]},"list":[9]}""", Load("a { list = [1] }\na { include \"b.conf\" }\nlist = [9]"));
    }

    [Fact]
    public void A_value_from_an_included_file_has_its_place_there()
    {
        _folder.Write("sub/b.conf", "\nb = 1");
        var reader = new HoconReader();
        Assert.Null(reader.AddFile("conf/a.conf", _folder.Write("a.conf", "include \"sub/b.conf\"")));

        var document = reader.Resolve(_ => null);

        Assert.Equal("conf/sub/b.conf:2:5", document.Root.Find("b")!.Value.Place.ToString());
        Assert.Equal<string>(["conf/a.conf", "conf/sub/b.conf"], document.Sources);
    }

    [Theory]
    [InlineData("include \"absent.conf\"", 1, 9)]
    [InlineData("a = 1\ninclude required(file(\"absent.conf\"))", 2, 23)]
    public void A_missing_file_is_a_mistake_in_every_form(string text, int line, int column)
    {
        var mistake = Mistake(text);

        Assert.Equal((line, column), (mistake.Line, mistake.Column));
        Assert.Equal("\"absent.conf\"", mistake.Value);
        Assert.EndsWith("absent.conf does not exist", mistake.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_is_no_file()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "b.conf"));

        Assert.EndsWith("is a directory, not a file", Mistake("include \"b.conf\"").Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_must_be_utf8()
    {
        File.WriteAllBytes(Path.Combine(_folder.Path, "b.conf"), [.. Encoding.UTF8.GetBytes("a = "), 0xC3, 0x28]);

        Assert.EndsWith("is not valid UTF-8", Mistake("include \"b.conf\"").Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void An_included_file_must_hold_an_object()
    {
        _folder.Write("b.conf", "[1]");

        Assert.Equal("b.conf:1:1", Mistake("include \"b.conf\"").Place.ToString());
    }

    [Fact]
    public void A_syntax_error_in_an_included_file_is_reported_there()
    {
        _folder.Write("b.conf", "\nb = [1");

        Assert.Equal("b.conf:2:7", Mistake("include \"b.conf\"").Place.ToString());
    }

    [Fact]
    public void Files_that_include_each_other_are_reported_with_the_way()
    {
        _folder.Write("b.conf", "\ninclude \"c.conf\"");
        _folder.Write("c.conf", "b { include \"a.conf\" }");

        Assert.Equal("this file includes itself: a.conf:1:9 → b.conf:2:9 → c.conf:1:13", Mistake("include \"b.conf\"").Problem);
    }

    [Fact]
    public void Files_that_include_ever_more_files_are_refused()
    {
        for (var i = 0; i < 12; i++)
        {
            _folder.Write($"f{i}.conf", string.Concat(Enumerable.Repeat($"include \"f{i + 1}.conf\"\n", 10)));
        }

        _folder.Write("f12.conf", "");

        Assert.Equal("too many included files", Mistake("include \"f0.conf\"").Problem);
    }

    [Fact]
    public void A_name_that_no_file_can_have_is_a_mistake() => Assert.Equal((1, 9), Position(Mistake("include \"\\u0000\"")));

    private static (int Line, int Column) Position(ConfigurationMistake mistake) => (mistake.Line, mistake.Column);

    private string Load(string text)
    {
        var reader = new HoconReader();
        Assert.Null(reader.AddFile("a.conf", _folder.Write("a.conf", text)));
        var document = reader.Resolve(_ => null);
        Assert.Empty(document.Mistakes);
        return Json(document.Root);
    }

    private ConfigurationMistake Mistake(string text)
    {
        var mistake = new HoconReader().AddFile("a.conf", _folder.Write("a.conf", text));
        Assert.NotNull(mistake);
        return mistake;
    }
}
