using ActorTunnel.Host.Configuration.Hocon;
using CsCheck;
using Xunit;

namespace ActorTunnel.Host.Tests.Configuration.Hocon;

public sealed class HoconPropertyTests
{
    private static readonly HoconPlace Nowhere = HoconPlace.Whole("generated");

    private static readonly Gen<string> Fragment = Gen.OneOfConst(
        "a", "b", "c", ".", "=", "+=", ":", "{", "}", "[", "]", ",", "\n", " ", "${", "${?", "\"", "\"\"\"", "\"x\"", "\\", "1", "-1.5e+3",
        "true", "null", "#", "//", "include ", "include \"a\"", "file(", ")", "$", "+", "*", "\uFEFF", "\r\n", "a = ${a}", "a.b = ${?b}[1]", "é\u0000");

    private static readonly Gen<string> AnyText = Gen.OneOf(
        Gen.OneOfConst("", "include", "true", "1", "1e5", "a b", "a.b", " x ", "${a}", "#", "/bin", "-", "x//y", "\"\"\""), Gen.String[0, 6]);

    [Fact]
    public void Any_text_is_read_or_refused() => Fragment.Array[0, 60].Select(string.Concat).Sample(ReadIsTotal, iter: 20_000);

    [Fact]
    public void Any_characters_are_read_or_refused() => Gen.String.Sample(ReadIsTotal, iter: 5_000);

    [Fact]
    public void Any_definitions_that_refer_to_each_other_are_resolved_or_refused()
    {
        var path = Gen.OneOfConst("a", "b", "c", "a.b", "b.a", "a.b.c", "c.a");
        var part = Gen.OneOf(
            path.Select(name => $"${{{name}}}"),
            path.Select(name => $"${{?{name}}}"),
            Gen.OneOfConst("1", "x", "[1]", "[${?a}]", "{ }", "{ b = 1 }", "{ c = ${a} }", "{ a = ${?b.a}, b = ${?c} }"));
        var line = Gen.Select(path, Gen.OneOfConst("=", "+="), part.Array[1, 3], (key, separator, parts) => $"{key} {separator} {string.Join(' ', parts)}\n");
        line.Array[1, 8].Select(string.Concat).Sample(ReadIsTotal, iter: 20_000);
    }

    [Fact]
    public void A_rendered_tree_reads_back_as_the_same_tree() => Object(4).Sample(tree =>
    {
        var rendered = HoconRenderer.Render(tree);
        Assert.Equal(HoconTexts.Json(tree), HoconTexts.Json(rendered));
    });

    /// <summary>No exception, and no broken value without a mistake.</summary>
    private static bool ReadIsTotal(string text)
    {
        var reader = new HoconReader();
        if (reader.Add(HoconSource.FromText("random.conf", text, Path.GetTempPath())) is { } mistake)
        {
            return mistake.Problem.Length > 0 && mistake.Line > 0;
        }

        var document = reader.Resolve(_ => null);
        return document.Mistakes.Any() || !HoconTexts.Json(document.Root).Contains("<broken>", StringComparison.Ordinal);
    }

    private static Gen<HoconObject> Object(int depth) => Gen.Select(AnyText, Value(depth)).Array[0, 4].Select(pairs =>
        new HoconObject(pairs.DistinctBy(pair => pair.Item1).Select(pair => new HoconField(pair.Item1, Nowhere, pair.Item2)), Nowhere));

    private static Gen<HoconValue> Value(int depth)
    {
        Gen<HoconValue> scalar = Gen.OneOf<HoconValue>(
            AnyText.Select(text => (HoconValue)new HoconString(text, Nowhere)),
            Gen.Bool.Select(value => (HoconValue)new HoconBoolean(value, Nowhere)),
            Gen.OneOfConst("0", "-1", "1.5", "1e-5", "2E+5").Select(text => (HoconValue)new HoconNumber(text, Nowhere)),
            Gen.Const((HoconValue)new HoconNull(Nowhere)));
        return depth == 0
            ? scalar
            : Gen.OneOf(
                scalar,
                Object(depth - 1).Select(value => (HoconValue)value),
                Value(depth - 1).Array[0, 4].Select(items => (HoconValue)new HoconArray(items, Nowhere)));
    }
}
