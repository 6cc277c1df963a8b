using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ActorTunnel.Host.Admin;

/// <summary>Rows in aligned columns for people: numbers to the right, everything else to the left, <c>-</c> for what there is not.</summary>
/// <param name="columns">The headings.</param>
internal sealed class TextTable(params string[] columns)
{
    private const string Gap = "  ";

    private readonly List<(string Text, bool IsNumber)[]> _rows = [];

    /// <param name="cells">One for each column; numbers, texts, words, durations, or lists of these.</param>
    public void Add(params object?[] cells) => _rows.Add([.. cells.Select(cell => (Safe(Text(cell)), cell is int or long))]);

    public override string ToString()
    {
        var widths = columns.Select((heading, i) => _rows.Select(row => row[i].Text.Length).Append(heading.Length).Max()).ToArray();
        var text = new StringBuilder();
        Append(text, [.. columns.Select((heading, i) => (heading, _rows.Count > 0 && _rows.TrueForAll(row => row[i].IsNumber)))], widths);
        _rows.ForEach(row => Append(text, row, widths));
        return text.ToString();
    }

    /// <summary>A duration as a person says it: its two largest units, and no digits that nobody reads.</summary>
    internal static string Duration(TimeSpan time) => time switch
    {
        { TotalMilliseconds: < 1000 } => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalMilliseconds}ms"),
        { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalSeconds * 10) / 10:0.0}s"),
        { TotalMinutes: < 60 } => $"{time.Minutes}m{time.Seconds:00}s",
        { TotalHours: < 24 } => $"{time.Hours}h{time.Minutes:00}m",
        _ => $"{time.Days}d{time.Hours:00}h",
    };

    /// <summary>Some values come from peers; none may steer a terminal or make a line of its own.</summary>
    internal static string Safe(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

        var safe = new StringBuilder();
        foreach (var c in text)
        {
            safe.Append(char.IsControl(c) ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : c.ToString());
        }

        return safe.ToString();
    }

    private static void Append(StringBuilder text, (string Text, bool IsNumber)[] cells, int[] widths)
    {
        var line = string.Join(Gap, cells.Select((cell, i) => cell.IsNumber ? cell.Text.PadLeft(widths[i]) : cell.Text.PadRight(widths[i])));
        text.Append(line.TrimEnd()).Append('\n');
    }

    private static string Text(object? cell) => cell switch
    {
        null or "" => "-",
        string text => text,
        bool flag => flag ? "yes" : "no",
        TimeSpan time => Duration(time),
        Enum word => JsonNamingPolicy.KebabCaseLower.ConvertName(word.ToString()),
        IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable list => string.Join(',', list.Cast<object?>().Select(Text)) is { Length: > 0 } joined ? joined : "-",
        _ => cell.ToString() ?? "-",
    };
}
