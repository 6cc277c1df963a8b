using System.Net.Sockets;
using ActorTunnel.Proxy.Tunnels;
using CsCheck;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Tunnels;

public sealed class ConnectFailureTests
{
    private static readonly ConnectFailureReason[] WithoutResponse =
        [ConnectFailureReason.RejectedByTerminator, ConnectFailureReason.SessionLost, ConnectFailureReason.Abandoned];

    public static TheoryData<ConnectFailure, int, string, GuiltySide> Table => new()
    {
        { ConnectFailure.BadAuthority("p"), 400, "http_request_error", GuiltySide.Downstream },
        { ConnectFailure.DeniedByRule, 403, "http_request_denied", GuiltySide.Downstream },
        { ConnectFailure.AddressProhibited, 403, "destination_ip_prohibited", GuiltySide.Downstream },
        { ConnectFailure.NoRoute, 404, "destination_not_found", GuiltySide.Downstream },
        { ConnectFailure.MethodNotAllowed, 405, "http_request_error", GuiltySide.Downstream },
        { ConnectFailure.HeaderListTooLarge, 431, "http_request_error", GuiltySide.Downstream },
        { ConnectFailure.ConnectionRefused, 502, "connection_refused", GuiltySide.Upstream },
        { ConnectFailure.Unroutable, 502, "destination_ip_unroutable", GuiltySide.Upstream },
        { ConnectFailure.NameNotResolved, 502, "dns_error", GuiltySide.Upstream },
        { ConnectFailure.Overloaded("d"), 503, "connection_limit_reached", GuiltySide.Us },
        { ConnectFailure.Draining, 503, "destination_unavailable", GuiltySide.Us },
        { ConnectFailure.NoHealthyEndpoint, 503, "destination_unavailable", GuiltySide.Upstream },
        { ConnectFailure.DnsTimeout, 504, "dns_timeout", GuiltySide.Upstream },
        { ConnectFailure.ConnectTimeout, 504, "connection_timeout", GuiltySide.Upstream },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Each_failure_has_its_status_and_its_type_of_RFC_9209(ConnectFailure failure, int status, string type, GuiltySide side)
    {
        Assert.Equal((status, type, side), (failure.Status, failure.ProxyStatusType, failure.Side));
        Assert.Equal(
            [
                new(":status", $"{status}"),
                new("proxy-status", $"edge-1; error={type}; details=\"{failure.Detail}\""),
            ],
            failure.ToResponseFields("edge-1").Take(2));
    }

    [Fact]
    public void Every_reason_that_is_answered_has_one_failure_and_every_reason_one_token()
    {
        var all = Enum.GetValues<ConnectFailureReason>();

        Assert.Equal(all.Except(WithoutResponse).Order(), Table.Select(row => ((ConnectFailure)row[0]).Reason).Order());
        Assert.All(all, reason => Assert.Matches("^[a-z]+(-[a-z]+)*$", reason.ToToken()));
        Assert.Equal(all.Length, all.Select(reason => reason.ToToken()).Distinct().Count());
    }

    [Fact]
    public void Another_method_is_told_which_one_is_served_in_a_field_and_in_a_text()
    {
        var fields = ConnectFailure.MethodNotAllowed.ToResponseFields("edge");

        Assert.Contains(new("allow", "CONNECT"), fields);
        Assert.Contains(new("content-type", "text/plain"), fields);
        Assert.Contains("CONNECT", ConnectFailure.MethodNotAllowed.ResponseBody, StringComparison.Ordinal);
    }

    [Fact]
    public void All_other_failures_are_two_fields_and_no_body()
    {
        Assert.All(
            Table.Select(row => (ConnectFailure)row[0]).Where(failure => failure.Reason != ConnectFailureReason.MethodNotAllowed),
            failure =>
            {
                Assert.Equal(2, failure.ToResponseFields("edge").Length);
                Assert.Empty(failure.ResponseBody);
            });
    }

    [Theory]
    [InlineData("plain", "\"plain\"")]
    [InlineData("say \"no\"", "\"say \\\"no\\\"\"")]
    [InlineData("a\\b", "\"a\\\\b\"")]
    [InlineData("a\r\nset-cookie: x", "\"a??set-cookie: x\"")]
    [InlineData("\0\u007fé", "\"???\"")]
    public void A_detail_is_escaped_as_a_string_of_RFC_8941(string detail, string quoted)
    {
        var field = ConnectFailure.BadAuthority(detail).ToResponseFields("edge")[1].Value;

        Assert.Equal($"edge; error=http_request_error; details={quoted}", field);
    }

    [Fact]
    public void Whatever_the_detail_is_the_field_is_short_printable_and_ends_at_its_only_closing_quote()
    {
        Gen.String.Sample(detail =>
        {
            var field = ConnectFailure.BadAuthority(detail).ToResponseFields("edge")[1].Value;
            Assert.All(field, c => Assert.InRange(c, ' ', '~'));
            Assert.InRange(field.Length, 0, 320);
            Assert.Matches("^edge; error=http_request_error; details=\"([^\"\\\\]|\\\\[\"\\\\])*\"$", field);
        });
    }

    [Theory]
    [InlineData(SocketError.ConnectionRefused, ConnectFailureReason.ConnectionRefused)]
    [InlineData(SocketError.ConnectionReset, ConnectFailureReason.ConnectionRefused)]
    [InlineData(SocketError.HostUnreachable, ConnectFailureReason.Unroutable)]
    [InlineData(SocketError.NetworkUnreachable, ConnectFailureReason.Unroutable)]
    [InlineData(SocketError.HostDown, ConnectFailureReason.Unroutable)]
    [InlineData(SocketError.NetworkDown, ConnectFailureReason.Unroutable)]
    [InlineData(SocketError.AccessDenied, ConnectFailureReason.Unroutable)]
    [InlineData(SocketError.TimedOut, ConnectFailureReason.ConnectTimeout)]
    [InlineData(SocketError.HostNotFound, ConnectFailureReason.NameNotResolved)]
    [InlineData(SocketError.NoData, ConnectFailureReason.NameNotResolved)]
    [InlineData(SocketError.TryAgain, ConnectFailureReason.NameNotResolved)]
    [InlineData(SocketError.TooManyOpenSockets, ConnectFailureReason.Overloaded)]
    [InlineData(SocketError.NoBufferSpaceAvailable, ConnectFailureReason.Overloaded)]
    [InlineData(SocketError.AddressNotAvailable, ConnectFailureReason.Overloaded)]
    public void A_socket_error_is_the_failure_that_it_means(SocketError error, ConnectFailureReason reason)
    {
        Assert.Equal(reason, ConnectFailure.FromSocketError(error).Reason);
    }

    [Fact]
    public void A_socket_error_that_nobody_expected_is_named()
    {
        var failure = ConnectFailure.FromSocketError(SocketError.ProtocolOption);

        Assert.Equal(ConnectFailureReason.Unroutable, failure.Reason);
        Assert.Contains("ProtocolOption", failure.Detail, StringComparison.Ordinal);
    }
}
