using ActorTunnel.Host.Configuration.Envoy.Yaml;
using ActorTunnel.Host.Configuration.Hocon;
using CsCheck;
using Xunit;

namespace ActorTunnel.Host.Tests.Configuration.Envoy;

public sealed class YamlTreeReaderTests
{
    [Fact]
    public void Block_and_flow_styles_give_the_same_tree_and_each_node_knows_its_place()
    {
        var root = Assert.IsType<YamlMapping>(Read("a:\n  b: [1, \"2\"]\n"));

        var a = Assert.Single(root.Fields);
        Assert.Equal(("a", 1, 1), (a.Name, a.Place.Line, a.Place.Column));
        var b = Assert.Single(((YamlMapping)a.Value).Fields);
        Assert.Equal(("b", 2, 3), (b.Name, b.Place.Line, b.Place.Column));
        var items = ((YamlSequence)b.Value).Items.Cast<YamlScalar>().ToArray();
        Assert.Equal([("1", true, 7), ("2", false, 10)], items.Select(item => (item.Text, item.IsPlain, item.Place.Column)));
        Assert.Equal("a.yaml", items[0].Place.Source);
        Assert.Equal(Show(root), Show(Read("{a: {b: [1, '2']}}")));
    }

    [Theory]
    [InlineData("a: &x {c: 1}\nb: *x", "{a: {c: 1}, b: {c: 1}}")]
    [InlineData("&k a: 1\nb: *k", "{a: 1, b: a}")]
    [InlineData("x: &a 1\ny: &a 2\nz: *a", "{x: 1, y: 2, z: 2}")]
    [InlineData("!ignore a: &x {c: 1}\nb: *x", "{b: {c: 1}}")]
    [InlineData("a: &x {c: 1}\nb: {<<: *x}", "{a: {c: 1}, b: {<<: {c: 1}}}")]
    public void An_alias_is_what_it_stands_for(string yaml, string tree) => Assert.Equal(tree, Show(Read(yaml)));

    [Theory]
    [InlineData("", true)]
    [InlineData("~", true)]
    [InlineData("null", true)]
    [InlineData("'null'", false)]
    [InlineData("!!str null", false)]
    [InlineData("! null", false)]
    [InlineData("nul", false)]
    public void Null_is_a_plain_scalar(string written, bool isNull)
    {
        var root = Assert.IsType<YamlMapping>(Read($"a: {written}"));

        Assert.Equal(isNull, Assert.IsType<YamlScalar>(root.Fields[0].Value).IsNull);
    }

    [Theory]
    [InlineData("", 1, 1, "holds no YAML document")]
    [InlineData("a: 1\n---\nb: 2", 2, 1, "holds more than one YAML document")]
    [InlineData("a: 1\nb: 2\na: 3", 3, 1, "the key a stands here twice")]
    [InlineData("a: 1\n\"a\": 3", 2, 1, "the key a stands here twice")]
    [InlineData("? [a]\n: 1", 1, 3, "this key is no text")]
    [InlineData("a: &x [1]\n*x : 2", 2, 1, "this key is no text")]
    [InlineData("a:\n  b: c: d", 2, 7, "is no YAML")]
    [InlineData("a: [1\nb: 2", 2, 1, "a bracket that is not closed")]
    [InlineData("a: 'b", 1, 4, "is no YAML")]
    [InlineData("a: 1\nb: *x", 2, 4, "no such anchor")]
    [InlineData("a: &x [*x]", 1, 8, "inside the node that it names")]
    [InlineData("a: &x 1\nb: &x [*x]", 2, 8, "inside the node that it names")]
    [InlineData("a: !foo 1", 1, 4, "this tag is not known")]
    [InlineData("a: !ignore {}", 1, 4, "this tag is not known")]
    [InlineData("a: 1\nb: \u0000", 2, 4, "a control character")]
    public void What_is_wrong_is_one_mistake_with_its_place(string yaml, int line, int column, string problem)
    {
        var mistake = Mistake(yaml);

        Assert.Equal((line, column), (mistake.Line, mistake.Column));
        Assert.Contains(problem, mistake.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_is_bounded()
    {
        var deepest = new string('[', YamlLimits.Depth) + new string(']', YamlLimits.Depth);

        Assert.NotNull(Read(deepest));
        Assert.Equal("nested too deeply", Mistake($"[{deepest}]").Problem);
        Assert.Equal("nested too deeply", Mistake(new string('[', 1_000_000)).Problem);
        Assert.Equal("nested too deeply", Mistake(string.Concat(Enumerable.Repeat("- ", 100_000))).Problem);
    }

    [Fact]
    public void Nesting_through_aliases_is_bounded()
    {
        var half = new string('[', YamlLimits.Depth / 2) + new string(']', YamlLimits.Depth / 2);
        string Twice(int levels) => $"- &x {half}\n- {new string('[', levels)}*x{new string(']', levels)}";

        // One level is the sequence around all.
        Assert.NotNull(Read(Twice((YamlLimits.Depth / 2) - 1)));
        Assert.Equal("nested too deeply by this alias", Mistake(Twice(YamlLimits.Depth / 2)).Problem);
    }

    [Fact]
    public void Aliases_of_aliases_do_not_make_a_small_file_a_large_tree()
    {
        var lines = Enumerable.Range(1, 20).Select(i => $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}]");

        var mistake = Mistake($"a0: &a0 [x, x, x, x]\n{string.Join('\n', lines)}");

        Assert.Contains("too large", mistake.Problem, StringComparison.Ordinal);
        Assert.InRange(mistake.Line, 7, 11);
    }

    [Fact]
    public void Whatever_a_file_holds_it_is_a_tree_or_one_mistake()
    {
        // Pieces of YAML meet each other more often than random characters do.
        var piece = Gen.OneOfConst(
            "a", "b: ", "- ", "? ", ": ", "\n", "\n  ", "\n    ", "\t", "[", "]", "{", "}", ", ", "&x ", "*x", "!", "!!str ", "!ignore ", "!<", "!e!f ", "|\n", "|2\n", ">-\n",
            "\"", "'", "\\", "\\x4", "\\uD800", "#", "---\n", "...\n", "%YAML 1.2\n", "%TAG ! ", "@", "`", "<<: ", "~", "0x", "é", "\u0085", "\u2028", "\ud800", "\0");

        piece.Array[0, 30].Select(string.Concat).Sample(
            yaml =>
            {
                var root = YamlTreeReader.Read(HoconSource.FromText("a.yaml", yaml), out var mistake);
                return root is null ? mistake is { Line: > 0, Column: > 0 } : mistake is null;
            },
            iter: 50_000);
    }

    private static YamlValue Read(string yaml)
    {
        var root = YamlTreeReader.Read(HoconSource.FromText("a.yaml", yaml), out var mistake);
        return root ?? throw new InvalidOperationException(mistake!.ToString());
    }

    private static Host.Configuration.ConfigurationMistake Mistake(string yaml)
    {
        Assert.Null(YamlTreeReader.Read(HoconSource.FromText("a.yaml", yaml), out var mistake));
        return mistake!;
    }

    private static string Show(YamlValue value) => value switch
    {
        YamlScalar scalar => scalar.Text,
        YamlSequence sequence => $"[{string.Join(", ", sequence.Items.Select(Show))}]",
        YamlMapping mapping => $"{{{string.Join(", ", mapping.Fields.Select(field => $"{field.Name}: {Show(field.Value)}"))}}}",
        _ => throw new InvalidOperationException(),
    };
}
