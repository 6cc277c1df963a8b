using Akka.Actor;
using Akka.Event;
using Akka.Hosting.Logging;

namespace ActorTunnel.Mesh.Lives;

/// <summary>
/// Hands Akka's log on to the host's. What Akka.Remote says of an address that nobody listens on is left out: seeds that are not there are asked for ever, and Akka.Cluster says so in
/// one line. So is what the life's owner says itself, of an address that is taken. A failed handshake is one line, not a page with advice.
/// </summary>
internal sealed class MeshLogger : LoggerFactoryLogger
{
    private const int LongestMessage = 120;

    // Its type is not public.
    private const string Disassociated = "EndpointDisassociatedException";

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

        var format = log.Message is LogMessage message ? message.Format : log.Message as string;
        if (format is not null)
        {
            if (StartsWith(format, Expected))
            {
                return;
            }

            if (StartsWith(format, Handshakes))
            {
                base.Log(new Warning(log.LogSource, log.LogClass, $"A TLS handshake failed: {Short(log.Cause?.GetBaseException().Message)}"), path);
                return;
            }
        }

        base.Log(log, path);
    }

    // Some quote what the peer sent.
    private static string? Short(string? message) => message is { Length: > LongestMessage } ? message[..LongestMessage] : message;

    private static bool StartsWith(string format, string[] starts) => starts.Any(start => format.StartsWith(start, StringComparison.Ordinal));
}
