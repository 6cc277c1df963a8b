using System.Globalization;

namespace ActorTunnel.Host.Configuration.Hocon;

/// <summary>
/// Durations and sizes as the HOCON specification has them: a number, optional white space, an optional unit.
/// </summary>
public static class HoconUnits
{
    /// <summary>Units by name, in ticks of 100 ns; nanoseconds are below that.</summary>
    private static readonly (string[] Names, decimal Ticks)[] DurationUnits =
    [
        (["ns", "nano", "nanos", "nanosecond", "nanoseconds"], 0.01m),
        (["us", "micro", "micros", "microsecond", "microseconds"], TimeSpan.TicksPerMicrosecond),
        (["ms", "milli", "millis", "millisecond", "milliseconds"], TimeSpan.TicksPerMillisecond),
        (["s", "second", "seconds"], TimeSpan.TicksPerSecond),
        (["m", "minute", "minutes"], TimeSpan.TicksPerMinute),
        (["h", "hour", "hours"], TimeSpan.TicksPerHour),
        (["d", "day", "days"], TimeSpan.TicksPerDay),
    ];

    /// <summary>First letters and names of the prefixes, from 10^3 and 2^10 upwards.</summary>
    private static readonly (char Letter, string Decimal, string Binary)[] SizePrefixes =
    [
        ('k', "kilo", "kibi"),
        ('m', "mega", "mebi"),
        ('g', "giga", "gibi"),
        ('t', "tera", "tebi"),
        ('p', "peta", "pebi"),
        ('e', "exa", "exbi"),
        ('z', "zetta", "zebi"),
        ('y', "yotta", "yobi"),
    ];

    /// <summary>A duration; without a unit, milliseconds. Parts of a tick are cut off.</summary>
    /// <returns>False where the text is no duration or does not fit a <see cref="TimeSpan"/>.</returns>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = default;
        if (!TrySplit(text, out var number, out var unit))
        {
            return false;
        }

        var ticksPerUnit = unit.Length == 0
            ? TimeSpan.TicksPerMillisecond
            : DurationUnits.FirstOrDefault(known => known.Names.Contains(unit)).Ticks;
        if (ticksPerUnit == 0 || !TryMultiply(number, ticksPerUnit, out var ticks))
        {
            return false;
        }

        duration = new TimeSpan(ticks);
        return true;
    }

    /// <summary>A size in bytes; without a unit, bytes. Parts of a byte are cut off.</summary>
    /// <returns>False where the text is no size or does not fit.</returns>
    public static bool TryParseSize(string text, out long bytes)
    {
        bytes = 0;
        return TrySplit(text, out var number, out var unit)
            && TryParseSizeUnit(unit, out var factor)
            && TryMultiply(number, factor, out bytes);
    }

    /// <summary>The duration in the largest unit of which it is a whole number.</summary>
    public static string Render(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero)
        {
            return "0s";
        }

        var unit = DurationUnits.Last(candidate => duration.Ticks % candidate.Ticks == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / unit.Ticks:0}{unit.Names[0]}");
    }

    /// <summary>The size in the largest power of 1,024 of which it is a whole number.</summary>
    public static string Render(long bytes)
    {
        var power = 0;
        while (bytes != 0 && bytes % 1024 == 0 && power < SizePrefixes.Length)
        {
            bytes /= 1024;
            power++;
        }

        var unit = power == 0 ? "B" : $"{char.ToUpperInvariant(SizePrefixes[power - 1].Letter)}iB";
        return string.Create(CultureInfo.InvariantCulture, $"{bytes}{unit}");
    }

    private static bool TrySplit(string text, out decimal number, out string unit)
    {
        var trimmed = text.AsSpan().Trim();
        var end = trimmed.Length;
        while (end > 0 && char.IsLetter(trimmed[end - 1]))
        {
            end--;
        }

        unit = trimmed[end..].ToString();
        const NumberStyles styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        return decimal.TryParse(trimmed[..end].TrimEnd(), styles, CultureInfo.InvariantCulture, out number);
    }

    private static bool TryMultiply(decimal number, decimal factor, out long result)
    {
        result = 0;
        // Compared first: the product of two decimals can overflow.
        if (Math.Abs(number) > long.MaxValue / factor)
        {
            return false;
        }

        result = (long)decimal.Truncate(number * factor);
        return true;
    }

    private static bool TryParseSizeUnit(string unit, out decimal factor)
    {
        factor = 1;
        if (unit is "" or "B" or "b" or "byte" or "bytes")
        {
            return true;
        }

        decimal thousands = 1;
        decimal kibis = 1;
        foreach (var (letter, decimalName, binaryName) in SizePrefixes)
        {
            thousands *= 1000;
            kibis *= 1024;
            var upper = char.ToUpperInvariant(letter);

            // The specification writes kB with a small and all others with a capital letter.
            var decimalLetter = letter == 'k' ? letter : upper;
            if (unit == $"{decimalLetter}B" || unit == $"{decimalName}byte" || unit == $"{decimalName}bytes")
            {
                factor = thousands;
                return true;
            }

            if (unit == $"{letter}" || unit == $"{upper}" || unit == $"{upper}i" || unit == $"{upper}iB"
                || unit == $"{binaryName}byte" || unit == $"{binaryName}bytes")
            {
                factor = kibis;
                return true;
            }
        }

        return false;
    }
}
