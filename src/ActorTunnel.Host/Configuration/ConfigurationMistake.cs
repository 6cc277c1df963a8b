using System.Text;
using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration;

/// <summary>One thing that is wrong in the configuration, told so that an operator can mend it.</summary>
/// <param name="Place">File, line and column; the source alone where the mistake has no line.</param>
/// <param name="Key">The full path of the key, or null where none is concerned.</param>
/// <param name="Value">What stands there, as written and shortened, or null.</param>
/// <param name="Problem">What is wrong with it.</param>
/// <param name="Allowed">What could stand there instead, or null where <paramref name="Problem"/> says it all.</param>
public sealed record ConfigurationMistake(HoconPlace Place, string? Key, string? Value, string Problem, string? Allowed)
{
    /// <summary>The file as it was named, or <c>--set #n</c>.</summary>
    public string File => Place.Source;

    /// <summary>From 1; 0 where the mistake has no line.</summary>
    public int Line => Place.Line;

    /// <summary>From 1; 0 where the mistake has no line.</summary>
    public int Column => Place.Column;

    /// <summary>One line: <c>file:line:column: key = value: problem; allowed: …</c></summary>
    public override string ToString()
    {
        var line = new StringBuilder(Place.ToString()).Append(": ");
        if (Key is not null)
        {
            line.Append(Key);
            if (Value is not null)
            {
                line.Append(" = ").Append(Value);
            }

            line.Append(": ");
        }

        line.Append(Problem);
        if (Allowed is not null)
        {
            line.Append("; allowed: ").Append(Allowed);
        }

        return line.ToString();
    }
}
