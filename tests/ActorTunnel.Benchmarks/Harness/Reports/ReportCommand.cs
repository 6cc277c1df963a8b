using System.CommandLine;
using ActorTunnel.Benchmarks.Harness.Results;

namespace ActorTunnel.Benchmarks.Harness.Reports;

/// <summary>Makes a table and a plot of a results file.</summary>
internal static class ReportCommand
{
    public static Command CreateCommand()
    {
        var results = new Option<string>("--results") { Description = "A results file, or several put together", Required = true };
        var table = new Option<string?>("--table") { Description = "Write the table to this file too" };
        var plot = new Option<string?>("--plot") { Description = "Write the plot, an SVG, to this file" };
        var command = new Command("report", "Prints the table of a results file") { results, table, plot };
        command.SetAction(async parsed =>
        {
            var set = new ResultSet(ResultFile.Read(await File.ReadAllLinesAsync(parsed.GetRequiredValue(results))));
            var text = ResultTable.Write(set);
            Console.Write(text);
            if (parsed.GetValue(table) is { } tablePath)
            {
                await File.WriteAllTextAsync(tablePath, text);
            }

            if (parsed.GetValue(plot) is { } plotPath)
            {
                await File.WriteAllTextAsync(plotPath, ResultPlot.Write(set));
            }
        });
        return command;
    }
}
