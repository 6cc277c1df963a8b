using ActorTunnel.Host.Configuration.Hocon;
using Xunit;
using static ActorTunnel.Host.Tests.Configuration.Hocon.HoconTexts;

namespace ActorTunnel.Host.Tests.Configuration.Hocon;

/// <summary>Each of these texts would fill a stack or a memory, or take for ever, without a limit.</summary>
public sealed class HoconLimitTests
{
    [Theory]
    [InlineData("{", "a")]
    [InlineData("[", "a = ")]
    [InlineData("a.", "a.")]
    [InlineData("{a=[", "b = ")]
    public void Deep_nesting_is_one_mistake(string level, string start)
    {
        var text = start + string.Concat(Enumerable.Repeat(level, 100_000));
        if (level == "{")
        {
            text = string.Concat(Enumerable.Repeat("a {", 100_000));
        }

        var mistake = SyntaxMistake(level == "a." ? text + "b = 1" : text);

        Assert.Equal(("nested too deeply", "64 levels of objects and arrays"), (mistake.Problem, mistake.Allowed));
    }

    [Fact]
    public void Nesting_up_to_the_limit_is_read() =>
        Assert.Equal(64, Json("a = " + new string('[', 63) + new string(']', 63)).Count(c => c is '[' or '{'));

    [Fact]
    public void A_long_path_in_a_substitution_is_only_undefined() =>
        Assert.Contains("is defined neither", ResolutionMistake($"a = ${{{string.Join('.', Enumerable.Repeat("b", 100_000))}}}").Problem, StringComparison.Ordinal);

    [Fact]
    public void Substitutions_that_nest_too_deeply_are_one_mistake() => Assert.Contains(
        "too deeply", ResolutionMistake("a0 = 1\n" + Lines(500, i => $"a{i + 1} {{ b = ${{a{i}}} }}")).Problem, StringComparison.Ordinal);

    [Fact]
    public void A_long_chain_of_substitutions_is_one_mistake() => Assert.Contains(
        "too deeply", ResolutionMistake(Lines(100_000, i => $"a{i} = ${{a{i + 1}}}") + "a100000 = 1").Problem, StringComparison.Ordinal);

    [Fact]
    public void Substitutions_that_double_an_array_with_each_line_are_one_mistake() => Assert.Contains(
        "too large", ResolutionMistake("a0 = [x]\n" + Lines(60, i => $"a{i + 1} = [${{a{i}}}, ${{a{i}}}]")).Problem, StringComparison.Ordinal);

    [Fact]
    public void Substitutions_that_double_a_text_with_each_line_are_one_mistake() => Assert.Contains(
        "too l", ResolutionMistake("a0 = xxxxxxxx\n" + Lines(60, i => $"a{i + 1} = ${{a{i}}}${{a{i}}}")).Problem, StringComparison.Ordinal);

    [Fact]
    public void A_key_that_doubles_itself_is_one_mistake() => Assert.Contains(
        "too l", ResolutionMistake("a = xxxxxxxx\n" + Lines(60, _ => "a = ${a}${a}")).Problem, StringComparison.Ordinal);

    [Fact]
    public void Many_references_to_a_merged_object_are_one_mistake() => Assert.Contains(
        "too large",
        ResolutionMistake("o { p { " + Lines(20_000, i => $"k{i} = 1") + "} }\no = ${x}\nx = { p { z = 1 } }\n"
            + Lines(20_000, i => $"r{i} = ${{o.p}}")).Problem,
        StringComparison.Ordinal);

    [Fact]
    public void A_text_that_is_too_long_is_one_mistake() =>
        Assert.Equal("is too long", SyntaxMistake(new string('\n', 4 * 1024 * 1024 + 1)).Problem);

    [Fact]
    public void The_deepest_resolution_fits_a_small_stack()
    {
        HoconDocument? document = null;
        var chain = "a0 = 1\n" + Lines(500, i => $"a{i + 1} = [${{a{i}}}] ${{?nothing}}");
        var thread = new Thread(() => document = Document(chain), maxStackSize: 1024 * 1024);
        thread.Start();
        thread.Join();

        Assert.Single(document!.Mistakes);
    }

    private static string Lines(int count, Func<int, string> line) => string.Concat(Enumerable.Range(0, count).Select(i => line(i) + "\n"));
}
