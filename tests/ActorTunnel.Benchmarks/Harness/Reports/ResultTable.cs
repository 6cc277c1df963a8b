using System.Globalization;
using System.Text;
using ActorTunnel.Benchmarks.Harness.Results;
using ActorTunnel.Benchmarks.Harness.Statistics;
using ActorTunnel.Benchmarks.Harness.Works;

namespace ActorTunnel.Benchmarks.Harness.Reports;

/// <summary>The results as text: a block for each work, a line for each chain.</summary>
internal static class ResultTable
{
    private static readonly string[] Parts = ["front", "back", "link", "origin", "driver"];
    private static readonly string[] Proxies = ["front", "back"];

    public static string Write(ResultSet results)
    {
        var text = new StringBuilder();
        foreach (var note in results.Notes)
        {
            text.AppendLine(note);
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"medians (least to most); x: against {ResultSet.Rival}; CPU: seconds of each process for each second measured; MiB: resident");
        foreach (var (shape, tunnels) in results.Works)
        {
            text.AppendLine().AppendLine(string.Format(CultureInfo.InvariantCulture, shape.Title, tunnels));
            WriteAligned(text, Rows(results, shape, tunnels));
        }

        if (Targets.Of(results) is { Count: > 0 } targets)
        {
            text.AppendLine().AppendLine($"Targets of {Targets.Ours}");
            WriteAligned(text, targets.Select(target => new[] { target.IsMet ? "met" : "MISSED", target.Words, target.Measured }), isText: true);
        }

        text.AppendLine();
        foreach (var skip in results.Skips)
        {
            text.Append("skipped: ").AppendLine(skip);
        }

        return text.ToString().TrimEnd() + "\n";
    }

    private static IEnumerable<string[]> Rows(ResultSet results, WorkShape shape, int tunnels)
    {
        var parts = Parts.Where(part => results.Chains.Any(chain => results.Cpu(chain, shape, tunnels, part) is not null)).ToList();
        var figures = shape.Figures;
        yield return
        [
            "", figures[0].Title, "", "x", .. figures.Skip(1).Select(figure => figure.Title),
            .. parts.Select(part => $"CPU {part}"), .. Proxies.Intersect(parts).Select(part => $"MiB {part}"),
        ];
        foreach (var chain in results.Chains)
        {
            if (results.Failure(chain, shape, tunnels) is { } failure)
            {
                yield return [chain, $"failed: {failure}"];
            }
            else if (results.Figure(chain, shape, tunnels, figures[0].Key) is { } first)
            {
                yield return
                [
                    chain,
                    Number(first.Median, figures[0].Format),
                    $"({Number(first.Least, figures[0].Format)} to {Number(first.Most, figures[0].Format)})",
                    Number(results.Figure(ResultSet.Rival, shape, tunnels, figures[0].Key) is { } rival ? first.Median / rival.Median : null, "0.00"),
                    .. figures.Skip(1).Select(figure => Number(results.Figure(chain, shape, tunnels, figure.Key)?.Median, figure.Format)),
                    .. parts.Select(part => Number(results.Cpu(chain, shape, tunnels, part)?.Median, "0.00")),
                    .. Proxies.Intersect(parts).Select(part => Number(results.Resident(chain, shape, tunnels, part)?.Median, "0")),
                ];
            }
        }
    }

    private static string Number(double? value, string format) => value is { } number ? number.ToString(format, CultureInfo.InvariantCulture) : "-";

    /// <summary>Columns as wide as their widest cell; a line of two cells is a chain with words behind it.</summary>
    private static void WriteAligned(StringBuilder text, IEnumerable<string[]> rows, bool isText = false)
    {
        var all = rows.ToList();
        var widths = Enumerable.Range(0, all[0].Length)
            .Select(column => all.Where(row => row.Length > 2 || column == 0).Max(row => row[column].Length)).ToArray();
        foreach (var row in all)
        {
            var cells = row.Select((cell, column) => row.Length == 2 && column == 1 ? cell
                : column == 0 || isText ? cell.PadRight(widths[column])
                : cell.PadLeft(widths[column]));
            text.AppendLine(string.Join("  ", cells).TrimEnd());
        }
    }
}
