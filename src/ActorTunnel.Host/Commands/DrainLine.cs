using ActorTunnel.Host.Hosting;

namespace ActorTunnel.Host.Commands;

/// <summary>How far the drain of a node is, as a line for people.</summary>
/// <param name="Text">The line.</param>
/// <param name="SecondsLeft">Until tunnels are reset; null where that is not being waited for.</param>
internal sealed record DrainLine(string Text, int? SecondsLeft)
{
    /// <summary>Null where there is nothing to tell.</summary>
    public static DrainLine? Of(AdminReply reply)
    {
        if (reply is AdminReply.None { IsLate: true, Problem: var problem })
        {
            return new DrainLine(problem, null);
        }

        if ((reply as AdminReply.Page)?.Json is not { } progress || progress["step"]?.GetValue<string>() is not ({ } step and not "none"))
        {
            return null;
        }

        var tunnels = progress["tunnels"]?.GetValue<int>() ?? 0;
        int? seconds = progress["time-left-ms"]?.GetValue<long>() is { } left && tunnels > 0 ? DrainProgress.SecondsOf(TimeSpan.FromMilliseconds(left)) : null;
        return new DrainLine(FormattableString.Invariant($"{step}: tunnels open: {tunnels}{(seconds is null ? "" : $", {seconds} s left")}"), seconds);
    }

    /// <summary>A second is told once, whatever else changed in it.</summary>
    public bool IsNewAfter(DrainLine? last) => last is null || (SecondsLeft is null ? Text != last.Text : SecondsLeft != last.SecondsLeft);
}
