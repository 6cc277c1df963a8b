using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace ActorTunnel.Benchmarks.Harness.Works;

/// <summary>Values of options that have more to them than a number.</summary>
internal static class BenchOptions
{
    /// <summary>Groups of works with commas between; all of them without it.</summary>
    public static Option<IReadOnlyList<string>> Works() => new("--works")
    {
        Description = $"Which works, with commas between: {string.Join(", ", WorkCatalog.Groups)} (default: all)",
        DefaultValueFactory = _ => WorkCatalog.Groups,
        CustomParser = result =>
        {
            var names = result.Tokens[0].Value.Split(',');
            foreach (var unknown in names.Where(name => !WorkCatalog.Groups.Contains(name)).Take(1))
            {
                result.AddError($"--works: '{unknown}' is no work; allowed: {string.Join(", ", WorkCatalog.Groups)}");
            }

            return names;
        },
    };

    /// <summary><c>NAME=PROCESS-ID</c>, once for each process.</summary>
    public static Option<IReadOnlyDictionary<string, int>> Processes() => new("--process")
    {
        Description = "front=PROCESS-ID, back=… or origin=…: whose CPU time and memory are reported",
        DefaultValueFactory = _ => new Dictionary<string, int>(),
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result =>
        {
            var processes = new Dictionary<string, int>();
            foreach (var token in result.Tokens)
            {
                var parts = token.Value.Split('=');
                if (parts is not [{ Length: > 0 } name, { } id]
                    || !int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var process)
                    || !processes.TryAdd(name, process))
                {
                    result.AddError($"--process: '{token.Value}' is not NAME=PROCESS-ID, each name once, such as front=4711");
                }
            }

            return processes;
        },
    };

    /// <summary><c>WORK=REASON</c>, once for each group of works.</summary>
    public static Option<IReadOnlyDictionary<string, string>> Skips() => new("--skip")
    {
        Description = "WORK=REASON: not this group of works, and why",
        DefaultValueFactory = _ => new Dictionary<string, string>(),
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result =>
        {
            var skips = new Dictionary<string, string>();
            foreach (var token in result.Tokens)
            {
                var at = token.Value.IndexOf('=', StringComparison.Ordinal);
                if (at < 0 || !WorkCatalog.Groups.Contains(token.Value[..at]) || !skips.TryAdd(token.Value[..at], token.Value[(at + 1)..]))
                {
                    result.AddError($"--skip: '{token.Value}' is not WORK=REASON, each work once; works: {string.Join(", ", WorkCatalog.Groups)}");
                }
            }

            return skips;
        },
    };

    /// <summary>A number of at least <paramref name="least"/>.</summary>
    public static Option<T> AtLeast<T>(string name, string description, T least, T otherwise)
        where T : struct, IComparable<T>
    {
        var option = new Option<T>(name) { Description = description, DefaultValueFactory = _ => otherwise };
        option.Validators.Add(result =>
        {
            if (result.Errors.Any() || result.Tokens.Count == 0)
            {
                return;
            }

            if (result.GetValueOrDefault<T>().CompareTo(least) < 0)
            {
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name}: {least} or more is allowed"));
            }
        });
        return option;
    }
}
