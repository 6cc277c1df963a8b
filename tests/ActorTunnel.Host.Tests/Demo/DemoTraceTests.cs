using System.Net;
using ActorTunnel.Host.Demo;
using Xunit;

namespace ActorTunnel.Host.Tests.Demo;

public sealed class DemoTraceTests
{
    private readonly LineHistory _encapsulator = new(100);
    private readonly LineHistory _terminator = new(100);

    internal static DemoTransfer Transfer(string name, int clientPort, long sent, long received) => new()
    {
        Name = name,
        Client = new IPEndPoint(IPAddress.Loopback, clientPort),
        Security = "TLSv1.3 SUITE",
        Payload = 1_000_000,
        Sent = sent,
        Received = received,
        Duration = TimeSpan.FromSeconds(0.5),
    };

    [Fact]
    public async Task A_transfer_is_followed_through_both_nodes_by_address_session_and_stream()
    {
        WriteSessions();
        WriteTunnel(_encapsulator, downstream: "127.0.0.1:1", "up/session-1", stream: 1, sent: 10, received: 20);
        WriteTunnel(_encapsulator, downstream: "127.0.0.1:2", "up/session-1", stream: 3, sent: 30, received: 40);
        WriteTunnel(_terminator, downstream: "127.0.0.1:500", "in/connection-9/session", stream: 1, sent: 10, received: 20);
        WriteTunnel(_terminator, downstream: "127.0.0.1:500", "in/connection-8/session", stream: 3, sent: 0, received: 0);
        WriteTunnel(_terminator, downstream: "127.0.0.1:500", "in/connection-9/session", stream: 3, sent: 30, received: 40);

        var trace = await CollectAsync(Transfer("page", 1, 10, 20), Transfer("upload", 2, 30, 40));

        Assert.Empty(trace.Problems);
        Assert.Equal(["1", "3"], trace.Tunnels.Select(tunnel => tunnel.Terminator["stream"]));
        Assert.All(trace.Tunnels, tunnel => Assert.Equal("in/connection-9/session", tunnel.Terminator["session"]));
        var session = Assert.Single(trace.Sessions);
        Assert.Equal("127.0.0.1:500", session.Terminator["remote"]);
    }

    [Fact]
    public async Task A_counter_that_differs_from_the_clients_is_a_problem_with_its_name()
    {
        WriteSessions();
        WriteTunnel(_encapsulator, downstream: "127.0.0.1:1", "up/session-1", stream: 1, sent: 10, received: 20);
        WriteTunnel(_terminator, downstream: "127.0.0.1:500", "in/connection-9/session", stream: 1, sent: 10, received: 19);

        var trace = await CollectAsync(Transfer("page", 1, 10, 20));

        Assert.Equal(
            [
                "page: the terminator counted from-upstream=19, the client 20",
                "page: the terminator counted to-downstream=19, the client 20",
            ],
            trace.Problems.AsEnumerable());
    }

    [Fact]
    public async Task A_line_that_never_comes_is_a_problem()
    {
        WriteTunnel(_encapsulator, downstream: "127.0.0.1:1", "up/session-1", stream: 1, sent: 10, received: 20);
        WriteTunnel(_encapsulator, downstream: "127.0.0.1:3", "-", stream: 0, sent: 10, received: 20);

        var trace = await CollectAsync(Transfer("page", 1, 10, 20), Transfer("upload", 2, 30, 40));

        Assert.Equal(
            ["page: the encapsulator did not log its session up/session-1", "upload: the encapsulator logged no tunnel for it"], trace.Problems.AsEnumerable());
        Assert.Empty(trace.Tunnels);
    }

    [Fact]
    public async Task The_report_shows_each_hop_and_says_the_same_in_JSON()
    {
        WriteSessions();
        WriteTunnel(_encapsulator, downstream: "127.0.0.1:1", "up/session-1", stream: 7, sent: 1_000_500, received: 20);
        WriteTunnel(_terminator, downstream: "127.0.0.1:500", "in/connection-9/session", stream: 7, sent: 1_000_500, received: 20);
        var transfer = Transfer("upload", 1, 1_000_500, 20) with { Sha256 = "abc" };
        var report = new DemoReport
        {
            Encapsulator = new DemoNode("encapsulator", 11, IPEndPoint.Parse("127.0.0.1:10000")),
            Terminator = new DemoNode("terminator", 12, IPEndPoint.Parse("127.0.0.1:10001")),
            Origin = new DemoNode("origin", 13, IPEndPoint.Parse("127.0.0.1:8443")),
            Transfers = [transfer],
            Trace = await CollectAsync(transfer),
        };

        Assert.Empty(report.Problems);
        Assert.Equal(
            """

            The way of the bytes, hop by hop
              client        127.0.0.1:1            upload
                | TCP, and in it TLSv1.3 SUITE between client and origin
              encapsulator  127.0.0.1:10000        process 11
                | HTTP/2 over TLSv1.3 OTHER, 127.0.0.1:500 to 127.0.0.1:10001
                | streams 7, one CONNECT each
                | up/session-1 here is in/connection-9/session there
              terminator    127.0.0.1:10001        process 12
                | TCP
              origin        127.0.0.1:8443         process 13

            Transfers (sent and received: bytes on the client's socket, with HTTP and TLS)
                       stream       payload          sent      received  seconds     MB/s  upstream end, downstream end
              upload        7     1,000,000     1,000,500            20    0.500      2.0  clean/downstream, clean/upstream

            SHA-256 of the upload is right: abc

            """,
            report.ToText());
        var json = report.ToJson();
        Assert.True((bool)json["ok"]!);
        Assert.Equal(7, (long)json["transfers"]![0]!["stream"]!);
        Assert.Equal(2.0, (double)json["transfers"]![0]!["megabytes-per-second"]!);
        Assert.Equal("TLSv1.3 OTHER", (string)json["sessions"]![0]!["security"]!);
    }

    [Fact]
    public async Task A_transfer_that_failed_is_a_problem_of_the_report()
    {
        var transfer = new DemoTransfer { Name = "page", Problem = "Connection refused" };
        var place = new DemoNode("any", 1, new IPEndPoint(IPAddress.Loopback, 1));
        var report = new DemoReport
        {
            Encapsulator = place, Terminator = place, Origin = place, Transfers = [transfer], Trace = await CollectAsync(transfer),
        };

        Assert.Equal(["page: Connection refused"], report.Problems.AsEnumerable());
        Assert.False((bool)report.ToJson()["ok"]!);
    }

    private void WriteSessions()
    {
        _encapsulator.Append("""session session=up/session-1 local=127.0.0.1:500 remote=127.0.0.1:10001 security="TLSv1.3 OTHER" peer=CN""");
        _terminator.Append("""session session=in/connection-8/session local=127.0.0.1:10001 remote=127.0.0.1:499 security="TLSv1.3 OTHER" peer=-""");
        _terminator.Append("""session session=in/connection-9/session local=127.0.0.1:10001 remote=127.0.0.1:500 security="TLSv1.3 OTHER" peer=-""");
    }

    private static void WriteTunnel(LineHistory node, string downstream, string session, int stream, long sent, long received) =>
        node.Append(
            $"access downstream={downstream} session={session} stream={stream} from-downstream={sent} to-upstream={sent} "
            + $"from-upstream={received} to-downstream={received} upstream-end=clean/downstream downstream-end=clean/upstream");

    /// <summary>After all lines that there will be.</summary>
    private Task<DemoTrace> CollectAsync(params DemoTransfer[] transfers)
    {
        _encapsulator.Complete();
        _terminator.Complete();
        return DemoTrace.CollectAsync(transfers, _encapsulator, _terminator, CancellationToken.None);
    }
}
