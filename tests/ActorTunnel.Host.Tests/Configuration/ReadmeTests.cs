using System.Text.RegularExpressions;
using Xunit;

namespace ActorTunnel.Host.Tests.Configuration;

/// <summary>What the README tells people to type and to write is taken by this program.</summary>
public sealed partial class ReadmeTests : ConfigurationTest
{
    private static readonly string Readme = File.ReadAllText(Path.Combine(Root, "README.md"));

    /// <summary>The files and options of each <c>run</c> that stands in a block of commands.</summary>
    public static TheoryData<string> Runs =>
        [.. Blocks("sh").SelectMany(block => RunLine().Matches(block)).Select(match => match.Groups["arguments"].Value.Trim()).Distinct()];

    public static TheoryData<string> Configurations => [.. Blocks("").Where(block => block.StartsWith("actortunnel {", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Runs))]
    public void Each_run_loads_without_a_mistake_or_a_warning(string arguments)
    {
        Directory.CreateSymbolicLink(Path.Combine(Folder.Path, "config"), Path.Combine(Root, "config"));
        var words = Word().Matches(arguments).Select(word => word.Value.Trim('\'')).ToList();
        var files = words.TakeWhile(word => word != "--set").ToArray();
        var options = words.Skip(files.Length).Where(word => word != "--set").ToArray();

        var loaded = Loaded(Run(files, options));

        Assert.Empty(loaded.Warnings);
    }

    [Theory]
    [MemberData(nameof(Configurations))]
    public void Each_configuration_loads_without_a_mistake_or_a_warning(string configuration) =>
        Assert.Empty(Load(configuration).Warnings);

    [Fact]
    public void There_are_runs_and_configurations_to_look_at()
    {
        Assert.True(Runs.Count >= 5, $"{Runs.Count} runs");
        Assert.True(Configurations.Count >= 2, $"{Configurations.Count} configurations");
    }

    private static IEnumerable<string> Blocks(string language) => Block().Matches(Readme)
        .Where(match => match.Groups["language"].Value == language)
        .Select(match => match.Groups["text"].Value);

    [GeneratedRegex(@"^```(?<language>\w*)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^(\w+=\S+ )?(sudo )?artifacts/actortunnel run (?<arguments>.*)$", RegexOptions.Multiline)]
    private static partial Regex RunLine();

    [GeneratedRegex(@"'[^']*'|\S+")]
    private static partial Regex Word();
}
