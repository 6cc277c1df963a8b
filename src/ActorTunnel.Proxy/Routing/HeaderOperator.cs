namespace ActorTunnel.Proxy.Routing;

/// <summary>What a connection can put into a <see cref="HeaderTemplate"/>.</summary>
public enum HeaderOperator
{
    /// <summary><c>%DOWNSTREAM_LOCAL_ADDRESS%</c>: address and port, IPv6 in brackets.</summary>
    DownstreamLocalAddress,

    /// <summary><c>%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%</c>: the address alone, IPv6 without brackets.</summary>
    DownstreamLocalAddressWithoutPort,

    /// <summary><c>%DOWNSTREAM_LOCAL_PORT%</c>.</summary>
    DownstreamLocalPort,

    /// <summary><c>%DOWNSTREAM_REMOTE_ADDRESS%</c>: address and port, IPv6 in brackets.</summary>
    DownstreamRemoteAddress,

    /// <summary><c>%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%</c>: the address alone, IPv6 without brackets.</summary>
    DownstreamRemoteAddressWithoutPort,

    /// <summary><c>%DOWNSTREAM_REMOTE_PORT%</c>.</summary>
    DownstreamRemotePort,

    /// <summary><c>%REQUESTED_SERVER_NAME%</c>: the host name of the TLS hello.</summary>
    RequestedServerName,

    /// <summary><c>%ORIGINAL_DST%</c>: where an intercepted connection was going, IPv6 in brackets.</summary>
    OriginalDestination,

    /// <summary><c>%CONNECTION_ID%</c>.</summary>
    ConnectionId,

    /// <summary><c>%START_TIME%</c>: when the connection was accepted, ISO 8601 in UTC with milliseconds.</summary>
    StartTime,
}

/// <summary>What has to be found out of a connection before its templates can be rendered.</summary>
[Flags]
public enum HeaderTemplateNeeds
{
    /// <summary>Nothing that is not known anyway.</summary>
    None = 0,

    /// <summary>The server name of the TLS hello, which has to be peeked for.</summary>
    ServerName = 1,

    /// <summary>The original destination, which an intercepting listener asks the kernel for.</summary>
    OriginalDestination = 2,
}
