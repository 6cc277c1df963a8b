using System.Net;

namespace ActorTunnel.Host.Admin;

/// <summary>How the admin server is run.</summary>
/// <param name="Bind">A loopback address; port 0 takes a free one.</param>
public sealed record AdminSettings(IPEndPoint Bind);
