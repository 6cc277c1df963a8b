using System.Text.RegularExpressions;
using ActorTunnel.Host.Configuration;
using ActorTunnel.Host.Configuration.Hocon;
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

    /// <summary>The scripts that stand in a block of commands, and the other commands of the program.</summary>
    public static TheoryData<string> Others => [.. Blocks("sh").SelectMany(block => OtherLine().Matches(block)).Select(match => match.Value).Distinct()];

    [Theory]
    [MemberData(nameof(Others))]
    public void Each_script_is_there_to_be_run_and_each_command_has_the_options_that_it_is_given(string line)
    {
        var words = line.Split(' ').SkipWhile(word => word.Contains('=', StringComparison.Ordinal) || word == "sudo").ToArray();
        if (words[0] == "artifacts/actortunnel")
        {
            var root = Host.Commands.CommandLine.Root();
            Assert.Empty(root.Parse(words[1..]).Errors);
            return;
        }

        Assert.True(
            OperatingSystem.IsWindows() || File.GetUnixFileMode(Path.Combine(Root, words[0])).HasFlag(UnixFileMode.UserExecute), $"{words[0]} is no program");
    }

    /// <summary>Somebody who has just come types these in this order.</summary>
    [Fact]
    public void The_mesh_is_a_seed_three_workers_an_edge_and_then_curl()
    {
        var section = Readme[Readme.IndexOf("## A mesh", StringComparison.Ordinal)..Readme.IndexOf("## Commands", StringComparison.Ordinal)];

        string[] first = ["scripts/seed.sh\n", "scripts/worker.sh 1\nscripts/worker.sh 2\nscripts/worker.sh 3\n", "scripts/edge.sh\n"];
        var blocks = Block().Matches(section).Where(match => match.Groups["language"].Value == "sh").Select(match => match.Groups["text"].Value).ToList();
        Assert.Equal(first, blocks[..3]);
        Assert.StartsWith("curl ", blocks[3], StringComparison.Ordinal);
    }

    [Fact]
    public void Every_key_of_the_mesh_that_is_told_of_exists_and_none_is_left_out()
    {
        var told = KeyRow().Matches(Readme).SelectMany(row => Key().Matches(row.Groups["keys"].Value)).Select(key => key.Groups["key"].Value).ToList();

        var known = ((HoconObject)ReferenceConfiguration.Node.Find("mesh")!.Value).Fields.Select(field => field.Name);
        Assert.Equal(known.Except(["backoff"]).Order(), told.Where(key => key.StartsWith("mesh.", StringComparison.Ordinal)).Select(key => key.Split('.')[1]).Distinct().Order());
        var upstream = (HoconObject)ReferenceConfiguration.Templates.Find("upstream")!.Value;
        Assert.All(told.Where(key => key.StartsWith("upstreams.X.", StringComparison.Ordinal)), key => Assert.NotNull(upstream.Find(key.Split('.')[2])));
        Assert.Equal(2, told.Count(key => key.StartsWith("drain.", StringComparison.Ordinal)));
    }

    [Fact]
    public void There_are_runs_and_configurations_to_look_at()
    {
        Assert.True(Runs.Count >= 5, $"{Runs.Count} runs");
        Assert.True(Others.Count >= 10, $"{Others.Count} other commands");
        Assert.True(Configurations.Count >= 2, $"{Configurations.Count} configurations");
    }

    private static IEnumerable<string> Blocks(string language) => Block().Matches(Readme)
        .Where(match => match.Groups["language"].Value == language)
        .Select(match => match.Groups["text"].Value);

    [GeneratedRegex(@"^```(?<language>\w*)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^(\w+=\S+ )?(sudo )?artifacts/actortunnel run (?<arguments>.*)$", RegexOptions.Multiline)]
    private static partial Regex RunLine();

    [GeneratedRegex(@"^(\w+=\S+ )?(sudo )?(scripts/|artifacts/actortunnel (?!run )).*$", RegexOptions.Multiline)]
    private static partial Regex OtherLine();

    [GeneratedRegex(@"^\| (?<keys>`(mesh|upstreams\.X|drain)\..*?) \|", RegexOptions.Multiline)]
    private static partial Regex KeyRow();

    [GeneratedRegex("`(?<key>(mesh|upstreams|drain)\\.[A-Za-z.-]+)")]
    private static partial Regex Key();

    [GeneratedRegex(@"'[^']*'|\S+")]
    private static partial Regex Word();
}
