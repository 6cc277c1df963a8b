using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace ActorTunnel.Host.Demo;

/// <summary>One of the demo's processes.</summary>
internal sealed record DemoNode(string Name, int ProcessId, IPEndPoint Address);

/// <summary>What a demo has shown.</summary>
internal sealed record DemoReport
{
    public required DemoNode Encapsulator { get; init; }

    public required DemoNode Terminator { get; init; }

    public required DemoNode Origin { get; init; }

    /// <summary>In the order in which they were made.</summary>
    public required ImmutableArray<DemoTransfer> Transfers { get; init; }

    public required DemoTrace Trace { get; init; }

    /// <summary>All that went wrong; empty when every byte was right.</summary>
    public ImmutableArray<string> Problems =>
    [
        .. Transfers.Where(transfer => transfer.Problem is not null).Select(transfer => $"{transfer.Name}: {transfer.Problem}"),
        .. Trace.Problems,
    ];

    /// <summary>The way hop by hop, and a table of the transfers, in lines.</summary>
    public string ToText()
    {
        var text = new StringBuilder("\nThe way of the bytes, hop by hop\n");
        foreach (var transfer in Transfers.Where(transfer => transfer.Client is not null))
        {
            Line(text, $"  client        {transfer.Client,-21}  {transfer.Name}");
        }

        Line(text, $"    | TCP, and in it {Transfers.FirstOrDefault()?.Security ?? "no TLS"} between client and origin");
        Line(text, $"  encapsulator  {Encapsulator.Address,-21}  process {Encapsulator.ProcessId}");
        foreach (var session in Trace.Sessions)
        {
            Line(text, $"    | HTTP/2 over {session.Encapsulator["security"]}, {session.Encapsulator["local"]} to {session.Encapsulator["remote"]}");
            Line(text, $"    | streams {string.Join(", ", StreamsOf(session))}, one CONNECT each");
            Line(text, $"    | {session.Encapsulator["session"]} here is {session.Terminator["session"]} there");
        }

        Line(text, $"  terminator    {Terminator.Address,-21}  process {Terminator.ProcessId}");
        Line(text, $"    | TCP");
        Line(text, $"  origin        {Origin.Address,-21}  process {Origin.ProcessId}");
        text.Append("\nTransfers (sent and received: bytes on the client's socket, with HTTP and TLS)\n");
        Line(text, $"  {"",-8} {"stream",6} {"payload",13} {"sent",13} {"received",13} {"seconds",8} {"MB/s",8}  upstream end, downstream end");
        foreach (var transfer in Transfers)
        {
            var tunnel = Trace.Tunnels.FirstOrDefault(tunnel => tunnel.Transfer == transfer)?.Encapsulator;
            Line(text, $"  {transfer.Name,-8} {tunnel?["stream"] ?? "-",6} {transfer.Payload,13:N0} {transfer.Sent,13:N0} {transfer.Received,13:N0} {transfer.Duration.TotalSeconds,8:F3} {transfer.MegabytesPerSecond,8:F1}  {tunnel?["upstream-end"]}, {tunnel?["downstream-end"]}");
        }

        text.Append('\n');
        foreach (var transfer in Transfers.Where(transfer => transfer is { Sha256: not null, Problem: null }))
        {
            Line(text, $"SHA-256 of the {transfer.Name} is right: {transfer.Sha256}");
        }

        return text.ToString();
    }

    /// <summary>The same for scripts.</summary>
    public JsonObject ToJson() => new()
    {
        ["ok"] = Problems.IsEmpty,
        ["problems"] = new JsonArray([.. Problems.Select(problem => (JsonNode)problem)]),
        ["nodes"] = new JsonArray([.. new[] { Encapsulator, Terminator, Origin }.Select(node => new JsonObject
        {
            ["name"] = node.Name,
            ["process"] = node.ProcessId,
            ["address"] = node.Address.ToString(),
        })]),
        ["sessions"] = new JsonArray([.. Trace.Sessions.Select(session => new JsonObject
        {
            ["encapsulator"] = session.Encapsulator["session"],
            ["terminator"] = session.Terminator["session"],
            ["local"] = session.Encapsulator["local"],
            ["remote"] = session.Encapsulator["remote"],
            ["security"] = session.Encapsulator["security"],
        })]),
        ["transfers"] = new JsonArray([.. Transfers.Select(ToJson)]),
    };

    private IEnumerable<string?> StreamsOf(DemoSession session) => Trace.Tunnels
        .Where(tunnel => tunnel.Encapsulator["session"] == session.Encapsulator["session"])
        .Select(tunnel => tunnel.Encapsulator["stream"]);

    private JsonObject ToJson(DemoTransfer transfer)
    {
        var tunnel = Trace.Tunnels.FirstOrDefault(tunnel => tunnel.Transfer == transfer)?.Encapsulator;
        return new JsonObject
        {
            ["name"] = transfer.Name,
            ["client"] = transfer.Client?.ToString(),
            ["security"] = transfer.Security,
            ["session"] = tunnel?["session"],
            ["stream"] = tunnel?.Number("stream"),
            ["payload-bytes"] = transfer.Payload,
            ["sent-bytes"] = transfer.Sent,
            ["received-bytes"] = transfer.Received,
            ["seconds"] = Math.Round(transfer.Duration.TotalSeconds, 6),
            ["megabytes-per-second"] = Math.Round(transfer.MegabytesPerSecond, 1),
            ["upstream-end"] = tunnel?["upstream-end"],
            ["downstream-end"] = tunnel?["downstream-end"],
            ["sha256"] = transfer.Sha256,
            ["problem"] = transfer.Problem,
        };
    }

    private static void Line(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture).TrimEnd(' ', ',')).Append('\n');
}
