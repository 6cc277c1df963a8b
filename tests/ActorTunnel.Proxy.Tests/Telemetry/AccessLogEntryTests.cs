using System.Globalization;
using System.Net;
using System.Text;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Tunnels;
using CsCheck;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Telemetry;

public sealed class AccessLogEntryTests
{
    private static readonly AccessLogEntry Opened = new()
    {
        Time = new DateTimeOffset(2031, 2, 3, 5, 5, 6, 789, TimeSpan.FromHours(1)),
        Listener = "connect-in",
        DownstreamRemote = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 50_000),
        DownstreamLocal = new IPEndPoint(IPAddress.IPv6Loopback, 10_001),
        Authority = "host.com:443",
        Upstream = "origin",
        Endpoint = new DnsEndPoint("origin.example", 8443),
        Session = "session-7",
        StreamId = 15,
        BytesFromDownstream = 10,
        BytesToUpstream = 9,
        BytesFromUpstream = 5_000_000_000,
        BytesToDownstream = 4_999_999_999,
        Duration = TimeSpan.FromMilliseconds(1_234.9),
        Status = 200,
        UpstreamEnd = TunnelEnd.Clean(GuiltySide.Downstream),
        DownstreamEnd = TunnelEnd.ResetBy(GuiltySide.Us, TunnelEndReason.IdleTimeout),
    };

    private static readonly AccessLogEntry Failed = new()
    {
        Time = Opened.Time,
        Listener = "connect-in",
        DownstreamRemote = null,
        DownstreamLocal = null,
        Authority = null,
        Duration = TimeSpan.Zero,
        Status = 400,
        FailureReason = ConnectFailureReason.BadAuthority,
        FailureDetail = "the host is empty",
        UpstreamEnd = TunnelEnd.ResetBy(GuiltySide.Us, TunnelEndReason.ConnectFailed),
        DownstreamEnd = TunnelEnd.ResetBy(GuiltySide.Us, TunnelEndReason.ConnectFailed),
    };

    [Fact]
    public void A_line_tells_the_whole_tunnel()
    {
        Assert.Equal(
            "time=2031-02-03T04:05:06.789Z listener=connect-in downstream=192.0.2.1:50000 local=[::1]:10001 authority=host.com:443 "
            + "upstream=origin endpoint=origin.example:8443 session=session-7 stream=15 status=200 reason=- detail=- "
            + "from-downstream=10 to-upstream=9 from-upstream=5000000000 to-downstream=4999999999 duration-ms=1234 "
            + "upstream-end=clean/downstream downstream-end=reset/us:idle-timeout",
            Opened.ToLine());
    }

    [Fact]
    public void A_failed_tunnel_has_the_same_keys_and_a_dash_for_what_it_never_had()
    {
        var pairs = Parse(Failed.ToLine());

        Assert.Equal(Parse(Opened.ToLine()).Select(pair => pair.Key), pairs.Select(pair => pair.Key));
        Assert.Null(pairs.Single(pair => pair.Key == "endpoint").Value);
        Assert.Equal("bad-authority", pairs.Single(pair => pair.Key == "reason").Value);
        Assert.Equal("the host is empty", pairs.Single(pair => pair.Key == "detail").Value);
    }

    [Theory]
    [InlineData("a b", "\"a b\"")]
    [InlineData("", "\"\"")]
    [InlineData("-", "\"-\"")]
    [InlineData("a=b", "\"a=b\"")]
    [InlineData("say \"no\"", "\"say \\\"no\\\"\"")]
    [InlineData("a\\", "\"a\\\\\"")]
    [InlineData("x\r\ntime=2031 status=200", "\"x\\u000d\\u000atime=2031 status=200\"")]
    [InlineData("\u001b[31m\u2028\u202e", "\"\\u001b[31m\\u2028\\u202e\"")]
    public void A_value_that_could_be_taken_for_something_else_is_quoted_and_escaped(string authority, string rendered)
    {
        Assert.Contains($" authority={rendered} upstream=origin ", (Opened with { Authority = authority }).ToLine(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_very_long_value_is_cut()
    {
        var line = (Opened with { Authority = new string('a', 100_000) }).ToLine();

        Assert.Contains(" authority=\"" + new string('a', 512) + "\\u2026\" upstream=", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_a_peer_sends_the_line_stays_one_line_and_gives_back_exactly_that()
    {
        var evil = Gen.OneOf(Gen.String, Gen.String[Gen.Char["\"\\ =\r\n-a\u0085\u2028"], 0, 12]).Where(text => text.Length <= 512);
        Gen.Select(evil, evil).Sample((authority, detail) =>
        {
            var line = (Failed with { Authority = authority, FailureDetail = detail }).ToLine();
            Assert.All(line, c => Assert.InRange(c, ' ', '~'));
            var pairs = Parse(line);
            Assert.Equal(19, pairs.Count);
            Assert.Equal(authority, pairs.Single(pair => pair.Key == "authority").Value);
            Assert.Equal(detail, pairs.Single(pair => pair.Key == "detail").Value);
        });
    }

    /// <summary>Reads a line the way a person's log tool would: pairs, quotes, escapes; an unquoted dash is null.</summary>
    private static List<KeyValuePair<string, string?>> Parse(string line)
    {
        var pairs = new List<KeyValuePair<string, string?>>();
        var at = 0;
        while (at < line.Length)
        {
            var equals = line.IndexOf('=', at);
            var key = line[at..equals];
            at = equals + 1;
            if (line[at] != '"')
            {
                var blank = line.IndexOf(' ', at);
                var end = blank < 0 ? line.Length : blank;
                pairs.Add(new(key, line[at..end] == "-" ? null : line[at..end]));
                at = end + 1;
                continue;
            }

            var value = new StringBuilder();
            for (at++; line[at] != '"'; at++)
            {
                if (line[at] == '\\' && line[at + 1] == 'u')
                {
                    value.Append((char)int.Parse(line.AsSpan(at + 2, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                    at += 5;
                }
                else
                {
                    at += line[at] == '\\' ? 1 : 0;
                    value.Append(line[at]);
                }
            }

            pairs.Add(new(key, value.ToString()));
            at += 2;
        }

        return pairs;
    }
}
