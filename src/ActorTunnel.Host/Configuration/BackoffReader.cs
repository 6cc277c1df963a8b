namespace ActorTunnel.Host.Configuration;

/// <summary>Reads a <c>backoff</c> section.</summary>
internal static class BackoffReader
{
    private static readonly ValueKind<TimeSpan> Wait = ValueKind.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));

    internal static (TimeSpan Min, TimeSpan Max) Read(SectionReader section)
    {
        var min = section.Get("min", Wait);
        var max = section.Get("max", Wait);
        if (max < min)
        {
            section.Mistake(section.IsGiven("max") ? "max" : "min", "the longest wait is shorter than the first one", "min no longer than max");
        }

        return (min, max);
    }
}
