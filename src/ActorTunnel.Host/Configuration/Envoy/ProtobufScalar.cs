using System.Globalization;
using ActorTunnel.Host.Configuration.Envoy.Yaml;

namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>Scalars as the JSON form of protobuf has them, which is what Envoy reads its YAML as.</summary>
internal static class ProtobufScalar
{
    internal const string DurationForm = "seconds with an 's' behind, such as 5s or 0.25s";

    // google.protobuf.Duration: nine digits behind the point, and at most 10,000 years.
    private const int MaxFraction = 9;
    private const decimal MaxSeconds = 315_576_000_000m;

    /// <summary>Parts of 100 ns are cut off. False for a negative duration, too: no field that is carried has one.</summary>
    internal static bool TryParseDuration(YamlScalar scalar, out TimeSpan duration)
    {
        duration = default;
        if (scalar.Text is not [.. var number, 's'])
        {
            return false;
        }

        var point = number.IndexOf('.', StringComparison.Ordinal);
        var fraction = point < 0 ? 0 : number.Length - point - 1;
        if (fraction > MaxFraction
            || point == number.Length - 1
            || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            || seconds > MaxSeconds)
        {
            return false;
        }

        duration = new TimeSpan((long)(seconds * TimeSpan.TicksPerSecond));
        return true;
    }

    /// <summary>A whole number in any of the forms 5, "5", 5.0 and 5e0.</summary>
    internal static bool TryParseUInt32(YamlScalar scalar, out uint number)
    {
        const NumberStyles styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        number = 0;
        if (!decimal.TryParse(scalar.Text, styles, CultureInfo.InvariantCulture, out var value)
            || value != decimal.Truncate(value)
            || value is < uint.MinValue or > uint.MaxValue)
        {
            return false;
        }

        number = (uint)value;
        return true;
    }

    internal static bool TryParseBoolean(YamlScalar scalar, out bool flag)
    {
        flag = scalar is { IsPlain: true, Text: "true" or "True" or "TRUE" };
        return flag || scalar is { IsPlain: true, Text: "false" or "False" or "FALSE" };
    }
}
