using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace ActorTunnel.Host.Hosting;

/// <summary>Log messages on standard error: <c>time level message</c>, an exception indented below.</summary>
internal sealed partial class StandardErrorFormatter() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "actortunnel";

    // HostedServiceStartupFaulted of the generic host. It also throws the exception at who starts it, where it is told in one line.
    private const string HostCategory = "Microsoft.Extensions.Hosting.Internal.Host";
    private const int StartFailed = 11;

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        if (logEntry is { Category: HostCategory, EventId.Id: StartFailed })
        {
            return;
        }

        var message = WithoutAkkaPrefix(logEntry.State, logEntry.Formatter(logEntry.State, logEntry.Exception));
        textWriter.Write(TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        textWriter.Write(' ');
        textWriter.Write(Level(logEntry.LogLevel));
        textWriter.Write(' ');
        textWriter.Write(OneEntry(message));
        if (logEntry.Exception is not null)
        {
            textWriter.Write("\n  ");
            textWriter.Write(OneEntry(logEntry.Exception.ToString()));
        }

        textWriter.Write('\n');
    }

    /// <summary>
    /// Akka puts level, time, thread and source in front of each message, <c>[…][…][…][source] text</c>; only the source is not said by
    /// this line already, and of that the system's own address says nothing.
    /// </summary>
    private static string WithoutAkkaPrefix<TState>(TState state, string message)
    {
        var source = state is IEnumerable<KeyValuePair<string, object>> values
            ? values.FirstOrDefault(value => value.Key == "LogSource").Value as string
            : null;
        var end = source is null ? -1 : message.IndexOf($"[{source}] ", StringComparison.Ordinal);
        return end < 0
            ? message
            : $"{OwnAddress().Replace(source!, "")}: {message.AsSpan(end + source!.Length + 3)}";
    }

    [GeneratedRegex("^akka[a-z.]*://[^/]+/(user/)?")]
    private static partial Regex OwnAddress();

    /// <summary>Further lines are indented, so that who reads the log knows where an entry begins.</summary>
    private static string OneEntry(string text) => text.ReplaceLineEndings("\n  ");

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        _ => "error",
    };
}
