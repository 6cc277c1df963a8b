using System.Globalization;

namespace ActorTunnel.Host.Hosting;

/// <summary>
/// When a process began, as the kernel counts: with the process id it names one process, also where ids are used again. Only on Linux.
/// </summary>
internal static class ProcessStart
{
    // proc_pid_stat(5): field 22; the second one, the name in parentheses, may hold anything, so fields are counted behind it.
    private const int StartTime = 22 - 3;

    /// <summary>Ticks from the start of the system to that of the process; null where there is no such process, or no such file system.</summary>
    public static long? TicksOf(int process)
    {
        string stat;
        try
        {
            stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
        }
        catch (IOException)
        {
            // No such file, or ESRCH where it ended between the opening and the reading.
            return null;
        }

        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        // A zombie has ended; only its parent has not asked how.
        return fields[0] is "Z" or "X" ? null : long.Parse(fields[StartTime], CultureInfo.InvariantCulture);
    }
}
