namespace ActorTunnel.Proxy.Tunnels;

/// <summary>
/// Why a tunnel failed before its 200; the value of the access log's and the counter's <c>reason</c>. All but the last three have a
/// <see cref="ConnectFailure"/>, which is what a terminator answers.
/// </summary>
public enum ConnectFailureReason
{
    BadAuthority,
    DeniedByRule,
    AddressProhibited,
    NoRoute,
    MethodNotAllowed,
    HeaderListTooLarge,
    ConnectionRefused,
    Unroutable,
    NameNotResolved,
    Overloaded,
    Draining,
    NoHealthyEndpoint,
    DnsTimeout,
    ConnectTimeout,

    /// <summary>An encapsulator's: the terminator answered with another status than 2xx, or reset the stream instead.</summary>
    RejectedByTerminator,

    /// <summary>The session was lost before the answer.</summary>
    SessionLost,

    /// <summary>The downstream went away before the answer.</summary>
    Abandoned,
}

/// <summary>The reasons as they stand in logs and on counters.</summary>
public static class ConnectFailureReasons
{
    /// <summary>Lower case with hyphens.</summary>
    public static string ToToken(this ConnectFailureReason reason) => reason switch
    {
        ConnectFailureReason.BadAuthority => "bad-authority",
        ConnectFailureReason.DeniedByRule => "denied-by-rule",
        ConnectFailureReason.AddressProhibited => "address-prohibited",
        ConnectFailureReason.NoRoute => "no-route",
        ConnectFailureReason.MethodNotAllowed => "method-not-allowed",
        ConnectFailureReason.HeaderListTooLarge => "header-list-too-large",
        ConnectFailureReason.ConnectionRefused => "connection-refused",
        ConnectFailureReason.Unroutable => "unroutable",
        ConnectFailureReason.NameNotResolved => "name-not-resolved",
        ConnectFailureReason.Overloaded => "overloaded",
        ConnectFailureReason.Draining => "draining",
        ConnectFailureReason.NoHealthyEndpoint => "no-healthy-endpoint",
        ConnectFailureReason.DnsTimeout => "dns-timeout",
        ConnectFailureReason.ConnectTimeout => "connect-timeout",
        ConnectFailureReason.RejectedByTerminator => "rejected-by-terminator",
        ConnectFailureReason.SessionLost => "session-lost",
        ConnectFailureReason.Abandoned => "abandoned",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };
}
