using System.Buffers;
using System.Globalization;
using System.Text;

namespace ActorTunnel.Proxy.Telemetry;

/// <summary>Builds a line of <c>key=value</c> pairs from values of which some come from peers.</summary>
internal sealed class LogLine
{
    /// <summary>Longer values are cut and end in <c>…</c>, escaped: a peer must not fill the disk.</summary>
    public const int MaxValueLength = 512;

    private static readonly SearchValues<char> Plain =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/[]*%+@,");

    private readonly StringBuilder _line = new(384);

    public LogLine Add(string key, long? value) => Add(key, value?.ToString(CultureInfo.InvariantCulture));

    /// <param name="key">Ours: plain characters only.</param>
    /// <param name="value">Anything; null is written as <c>-</c>, and a value that reads <c>-</c> in quotes.</param>
    public LogLine Add(string key, string? value)
    {
        if (_line.Length > 0)
        {
            _line.Append(' ');
        }

        _line.Append(key).Append('=');
        if (value is null)
        {
            _line.Append('-');
        }
        else if (value is "" or "-" || value.Length > MaxValueLength || value.AsSpan().ContainsAnyExcept(Plain))
        {
            AppendQuoted(value);
        }
        else
        {
            _line.Append(value);
        }

        return this;
    }

    public override string ToString() => _line.ToString();

    private void AppendQuoted(string value)
    {
        _line.Append('"');
        foreach (var c in value.AsSpan(0, Math.Min(value.Length, MaxValueLength)))
        {
            AppendEscaped(c);
        }

        if (value.Length > MaxValueLength)
        {
            AppendEscaped('…');
        }

        _line.Append('"');
    }

    private void AppendEscaped(char c)
    {
        if (c is '"' or '\\')
        {
            _line.Append('\\').Append(c);
        }
        else if (c is < ' ' or > '~')
        {
            _line.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
        }
        else
        {
            _line.Append(c);
        }
    }
}
