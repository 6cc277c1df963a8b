using System.Globalization;

namespace ActorTunnel.Benchmarks.Harness.Processes;

/// <summary>A program's processes: the first one and the descendants that it has now, such as the workers of nginx. Reads Linux's /proc.</summary>
internal sealed class ProcessTree
{
    // Fields of /proc/PID/stat behind the name, which is the second and may hold anything.
    private const int Parent = 1;
    private const int UserTicks = 11;
    private const int KernelTicks = 12;
    private const double TicksPerSecond = 100; // USER_HZ, the same on all of Linux's architectures that .NET knows.
    private const double KiBPerMiB = 1024;

    private readonly string _name;
    private readonly List<int> _members;

    private ProcessTree(string name, List<int> members)
    {
        _name = name;
        _members = members;
    }

    /// <summary>Looks at all processes once, for several programs.</summary>
    /// <param name="roots">The first process of each by name.</param>
    public static IReadOnlyDictionary<string, ProcessTree> Of(IReadOnlyDictionary<string, int> roots)
    {
        var children = Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0)
            .ToLookup(ParentOf);
        return roots.ToDictionary(root => root.Key, root =>
        {
            var members = new List<int> { root.Value };
            for (var i = 0; i < members.Count; i++)
            {
                members.AddRange(children[members[i]]);
            }

            return new ProcessTree(root.Key, members);
        });
    }

    /// <summary>CPU seconds of user and kernel since the start; the kernel counts hundredths.</summary>
    public double CpuSeconds() => Total(process =>
    {
        var stat = Stat(process);
        return (Number(stat[UserTicks]) + Number(stat[KernelTicks])) / TicksPerSecond;
    });

    /// <summary>Resident memory in MiB; pages that several of the processes share count for each.</summary>
    public double ResidentMiB() => Total(process =>
    {
        var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return Number(line["VmRSS:".Length..^"kB".Length]) / KiBPerMiB;
    });

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static string[] Stat(int process)
    {
        var line = File.ReadAllText($"/proc/{process}/stat");
        return line[(line.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static int ParentOf(int process)
    {
        try
        {
            return int.Parse(Stat(process)[Parent], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0; // It ended since the folder was listed.
        }
    }

    private double Total(Func<int, double> figure)
    {
        try
        {
            return _members.Sum(figure);
        }
        catch (IOException)
        {
            throw new DriveFailure($"a process of {_name} is gone");
        }
    }
}
