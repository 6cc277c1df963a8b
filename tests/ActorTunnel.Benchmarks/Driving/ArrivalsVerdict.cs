using System.Net;
using static System.FormattableString;

namespace ActorTunnel.Benchmarks.Driving;

/// <summary>What <see cref="ArrivalsDrive"/> is to do.</summary>
/// <param name="Target">The chain's entrance.</param>
/// <param name="Origin">Where the driver is the origin.</param>
/// <param name="Steady">Tunnels that are open and busy all the time.</param>
/// <param name="Rate">New tunnels a second besides.</param>
/// <param name="Hold">How long each new one is held.</param>
/// <param name="Length">How long new ones come.</param>
/// <param name="MayBreak">Whether a terminator is killed meanwhile.</param>
internal sealed record ArrivalsPlan(IPEndPoint Target, IPEndPoint Origin, int Steady, double Rate, TimeSpan Hold, TimeSpan Length, bool MayBreak);

/// <summary>A tunnel that is over. <paramref name="Far"/> is null where it never reached the origin.</summary>
internal sealed record DrivenTunnel(int Id, bool IsSteady, TimeSpan Began, DrivenEnd Near, DrivenEnd? Far)
{
    /// <summary>Every byte of both ways arrived, with a clean end behind it.</summary>
    public bool IsWhole => Far is { } far && IsAll(Near, far) && IsAll(far, Near);

    /// <summary>It was broken off, and no end took that for a clean end.</summary>
    public bool IsReset => Fault is null && !IsWhole && (Far is { } far ? IsTrue(Near, far) && IsTrue(far, Near) : Near.End.Kind == DriveEndKind.Reset);

    /// <summary>Null where it is whole.</summary>
    public string? Problem => IsWhole ? null
        : Fault ?? Invariant($"tunnel {Id}, begun at {Began.TotalSeconds:0.00} s: application {Describe(Near)}; origin {(Far is { } far ? Describe(far) : "never reached")}");

    private string? Fault => Near.End.Fault?.ToString() ?? Far?.End.Fault?.ToString();

    private static bool IsAll(DrivenEnd end, DrivenEnd other) => end.End is { Fault: null, Kind: DriveEndKind.Clean } && end.End.Bytes == other.Sent;

    private static bool IsTrue(DrivenEnd end, DrivenEnd other) => end.End.Kind == DriveEndKind.Reset || IsAll(end, other);

    private static string Describe(DrivenEnd end) => Invariant($"{end.End.Kind} after {end.End.Bytes} bytes at {end.At.TotalSeconds:0.00} s");
}

/// <summary>Whether all tunnels were as they should be.</summary>
internal sealed class ArrivalsVerdict(ArrivalsPlan plan, IReadOnlyList<DrivenTunnel> tunnels)
{
    private const int MostProblems = 20;
    private static readonly TimeSpan ResetsWithin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FailuresWithin = TimeSpan.FromSeconds(5);

    /// <summary>Prints it; 0 when all is well.</summary>
    public int Print()
    {
        var broken = tunnels.Where(tunnel => !tunnel.IsWhole).OrderBy(tunnel => tunnel.Began).ToList();
        var resets = broken.Where(tunnel => tunnel.IsReset).ToList();
        var steadyResets = resets.Where(tunnel => tunnel.IsSteady).Select(tunnel => tunnel.Near.At).Order().ToList();
        Console.WriteLine(Invariant(
            $"{tunnels.Count} tunnels: {tunnels.Count - broken.Count} whole, {resets.Count} reset, {broken.Count - resets.Count} wrong"));
        if (steadyResets.Count > 0)
        {
            Console.WriteLine(Invariant(
                $"steady ones: {steadyResets.Count} of {plan.Steady} reset, from {steadyResets[0].TotalSeconds:0.000} s to {steadyResets[^1].TotalSeconds:0.000} s"));
        }

        var forbidden = plan.MayBreak ? Forbidden(broken, steadyResets).ToList() : broken;
        foreach (var tunnel in forbidden.Take(MostProblems))
        {
            Console.Error.WriteLine(tunnel.Problem);
        }

        return forbidden.Count == 0 ? 0 : 1;
    }

    private static IEnumerable<DrivenTunnel> Forbidden(List<DrivenTunnel> broken, List<TimeSpan> steadyResets)
    {
        var first = steadyResets.Count > 0 ? steadyResets[0] : TimeSpan.MaxValue;
        var late = broken.Where(tunnel => !tunnel.IsSteady && tunnel.Began > first + FailuresWithin);
        var slow = broken.Where(tunnel => tunnel.IsSteady && tunnel.Near.At > first + ResetsWithin);
        if (broken.Where(tunnel => !tunnel.IsSteady).Select(tunnel => tunnel.Began).DefaultIfEmpty().Max() is var last && last > first)
        {
            Console.WriteLine(Invariant($"the last new tunnel that failed began {(last - first).TotalSeconds:0.00} s after the first reset"));
        }

        return broken.Where(tunnel => !tunnel.IsReset).Concat(late).Concat(slow).Distinct();
    }
}
