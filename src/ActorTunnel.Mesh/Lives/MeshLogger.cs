using System.Numerics;
using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Event;
using Akka.Hosting.Logging;

namespace ActorTunnel.Mesh.Lives;

/// <summary>
/// Hands Akka's log on to the host's. What Akka.Remote says of an address that nobody listens on is left out: seeds that are not there are asked for ever, and Akka.Cluster says so in
/// one line, here ever more rarely. So is what is said elsewhere in our words: of an address that is taken, and of a member that is not heard. A failed handshake and a decision of the
/// split-brain resolver are one line each, not a page.
/// </summary>
internal sealed partial class MeshLogger : LoggerFactoryLogger
{
    private const int LongestMessage = 120;

    // Its type is not public.
    private const string Disassociated = "EndpointDisassociatedException";

    private const string Decision = "SBR took decision";
    private const string DecisionDetails = ", full reachability status";

    private static readonly string[] Expected =
    [
        "Tried to associate with unreachable remote address",
        "Association with remote system",
        "No response from remote",
        "Rejected incoming connection from",
        "Failed to bind to",
    ];

    private static readonly string[] Handshakes = ["TLS handshake failed on channel", "TLS exception on channel"];

    protected override void Log(LogEvent log, ActorPath path)
    {
        if (log.Cause?.GetType().Name == Disassociated)
        {
            return; // A member went or was killed, and the cluster says which.
        }

        var text = log.Message.ToString() ?? "";
        if (StartsWith(text, Expected) || NotHeard().IsMatch(text) || (Attempts().Match(text) is { Success: true } joining && !IsToBeTold(joining)))
        {
            return;
        }

        if (StartsWith(text, Handshakes))
        {
            text = $"A TLS handshake failed: {Short(log.Cause?.GetBaseException().Message)}";
        }
        else if (text.StartsWith(Decision, StringComparison.Ordinal) && text.IndexOf(DecisionDetails, StringComparison.Ordinal) is > 0 and var end)
        {
            text = text[..end];
        }
        else
        {
            base.Log(log, path);
            return;
        }

        base.Log(new Warning(log.LogSource, log.LogClass, text), path);
    }

    [GeneratedRegex(@"^Cluster Node \[[^\]]*\] - Marking node\(s\) as UNREACHABLE")]
    private static partial Regex NotHeard();

    [GeneratedRegex(@"^Couldn't join seed nodes after \[(\d+)\] attempts")]
    private static partial Regex Attempts();

    // Each of them takes seconds, and a seed may be away for days.
    private static bool IsToBeTold(Match attempts) => uint.TryParse(attempts.Groups[1].ValueSpan, out var number) && BitOperations.IsPow2(number);

    // Some quote what the peer sent.
    private static string? Short(string? message) => message is { Length: > LongestMessage } ? message[..LongestMessage] : message;

    private static bool StartsWith(string text, string[] starts) => starts.Any(start => text.StartsWith(start, StringComparison.Ordinal));
}
