using System.Collections.Immutable;
using System.Globalization;
using System.Net.Sockets;
using ActorTunnel.Http2.Hpack;

namespace ActorTunnel.Proxy.Tunnels;

/// <summary>A failure before the 200: one reason, which has one status and one error type of RFC 9209 §2.3.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Status">The response's <c>:status</c>.</param>
/// <param name="ProxyStatusType">The <c>error</c> parameter of <c>proxy-status</c>.</param>
/// <param name="Side">Whose fault it is.</param>
/// <param name="Detail">
/// A short phrase for the log and the peer. It names no address: what the network behind us looks like is not the peer's business
/// (RFC 9209 §4).
/// </param>
public sealed record ConnectFailure(
    ConnectFailureReason Reason, int Status, string ProxyStatusType, GuiltySide Side, string Detail)
{
    public static ConnectFailure DeniedByRule { get; } = new(
        ConnectFailureReason.DeniedByRule, 403, "http_request_denied", GuiltySide.Downstream,
        "no rule allows this destination");

    public static ConnectFailure AddressProhibited { get; } = new(
        ConnectFailureReason.AddressProhibited, 403, "destination_ip_prohibited", GuiltySide.Downstream,
        "every address of this destination is forbidden");

    public static ConnectFailure NoRoute { get; } = new(
        ConnectFailureReason.NoRoute, 404, "destination_not_found", GuiltySide.Downstream,
        "no route matches this authority");

    /// <summary>Carries an <c>allow</c> field (RFC 9110 §15.5.6), and the only one with a <see cref="ResponseBody"/>.</summary>
    public static ConnectFailure MethodNotAllowed { get; } = new(
        ConnectFailureReason.MethodNotAllowed, 405, "http_request_error", GuiltySide.Downstream,
        "only CONNECT is served here");

    public static ConnectFailure HeaderListTooLarge { get; } = new(
        ConnectFailureReason.HeaderListTooLarge, 431, "http_request_error", GuiltySide.Downstream,
        "the header list is too large");

    public static ConnectFailure ConnectionRefused { get; } = new(
        ConnectFailureReason.ConnectionRefused, 502, "connection_refused", GuiltySide.Upstream,
        "the destination refused the connection");

    public static ConnectFailure Unroutable { get; } = new(
        ConnectFailureReason.Unroutable, 502, "destination_ip_unroutable", GuiltySide.Upstream,
        "the destination is unreachable");

    public static ConnectFailure NameNotResolved { get; } = new(
        ConnectFailureReason.NameNotResolved, 502, "dns_error", GuiltySide.Upstream,
        "the name does not resolve");

    public static ConnectFailure Draining { get; } = new(
        ConnectFailureReason.Draining, 503, "destination_unavailable", GuiltySide.Us,
        "this proxy is going away");

    public static ConnectFailure NoHealthyEndpoint { get; } = new(
        ConnectFailureReason.NoHealthyEndpoint, 503, "destination_unavailable", GuiltySide.Upstream,
        "no endpoint is healthy");

    public static ConnectFailure DnsTimeout { get; } = new(
        ConnectFailureReason.DnsTimeout, 504, "dns_timeout", GuiltySide.Upstream,
        "the name did not resolve in time");

    public static ConnectFailure ConnectTimeout { get; } = new(
        ConnectFailureReason.ConnectTimeout, 504, "connection_timeout", GuiltySide.Upstream,
        "the destination did not answer in time");

    /// <summary>Text that goes with the response; empty means that the response's HEADERS carry END_STREAM.</summary>
    public string ResponseBody => Reason == ConnectFailureReason.MethodNotAllowed ? "This is a proxy for CONNECT.\n" : "";

    /// <param name="problem">What is wrong, as <see cref="Routing.Authority.TryParse"/> says it.</param>
    public static ConnectFailure BadAuthority(string problem) => new(
        ConnectFailureReason.BadAuthority, 400, "http_request_error", GuiltySide.Downstream, problem);

    /// <summary>A request of HTTP/1.1 whose head was refused.</summary>
    /// <param name="status">The answer's, 4xx or 505.</param>
    /// <param name="detail">What is wrong.</param>
    public static ConnectFailure OfRequest(int status, string detail) => status switch
    {
        405 => MethodNotAllowed,
        431 => HeaderListTooLarge with { Detail = detail },
        _ => BadAuthority(detail) with { Status = status },
    };

    /// <param name="detail">Which limit was met.</param>
    public static ConnectFailure Overloaded(string detail) => new(
        ConnectFailureReason.Overloaded, 503, "connection_limit_reached", GuiltySide.Us, detail);

    /// <summary>What a failed lookup or connect means. Total: an error that is not known counts as unreachable and is named in the detail.</summary>
    public static ConnectFailure FromSocketError(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => ConnectionRefused,
        // A peer that resets the handshake refuses, only with more words.
        SocketError.ConnectionReset or SocketError.ConnectionAborted => ConnectionRefused with
        {
            Detail = "the destination reset the connection while it was made",
        },
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown => Unroutable,
        // What a filter on this machine or an administrative ICMP answer makes of a connect.
        SocketError.AccessDenied => Unroutable with { Detail = "connecting to the destination is not permitted" },
        SocketError.TimedOut => ConnectTimeout,
        SocketError.HostNotFound or SocketError.NoData => NameNotResolved,
        SocketError.TryAgain or SocketError.NoRecovery => NameNotResolved with { Detail = "the name service failed" },
        SocketError.TooManyOpenSockets => Overloaded("out of file descriptors"),
        SocketError.NoBufferSpaceAvailable => Overloaded("out of socket buffers"),
        // Linux says so when all ephemeral ports towards a destination are taken, and when no local address can reach it.
        SocketError.AddressNotAvailable => Overloaded("no local port or address is free for this destination"),
        _ => Unroutable with { Detail = $"the connect failed: {error}" },
    };

    /// <summary>
    /// The response's fields: <c>:status</c> first, then <c>proxy-status</c> (RFC 9209) with this node as its only member, and what the status
    /// requires besides.
    /// </summary>
    /// <param name="nodeName">The node's configured name; <c>[a-z][a-z0-9-]*</c> is an sf-token as it stands.</param>
    public ImmutableArray<HeaderField> ToResponseFields(string nodeName)
    {
        var fields = ImmutableArray.CreateBuilder<HeaderField>();
        fields.Add(new HeaderField(":status", Status.ToString(CultureInfo.InvariantCulture)));
        fields.Add(new HeaderField("proxy-status", $"{nodeName}; error={ProxyStatusType}; details={StructuredString.Quote(Detail)}"));
        if (Reason == ConnectFailureReason.MethodNotAllowed)
        {
            fields.Add(new HeaderField("allow", "CONNECT"));
            fields.Add(new HeaderField("content-type", "text/plain"));
        }

        return fields.ToImmutable();
    }
}
