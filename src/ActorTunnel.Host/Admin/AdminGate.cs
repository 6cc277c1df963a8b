using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace ActorTunnel.Host.Admin;

/// <summary>
/// What every request must pass: 1. the Host field names this server, so that no web page can reach it under a name of its own that it lets point
/// here (DNS rebinding), 2. the method only reads.
/// </summary>
internal sealed class AdminGate
{
    private readonly string[] _hosts;

    /// <param name="bound">The address that the server is bound to.</param>
    public AdminGate(IPAddress bound)
    {
        var own = bound.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{bound}]" : bound.ToString();
        _hosts = ["localhost", "127.0.0.1", "[::1]", own];
    }

    /// <summary>Hands the request on, or refuses it.</summary>
    public Task PassAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var port = context.Connection.LocalPort;
        if (!IsThisServer(context.Request.Host, port))
        {
            return AdminAnswer.TextAsync(
                context, StatusCodes.Status403Forbidden, $"The Host field must name this server: localhost:{port} or {_hosts[^1]}:{port}.\n");
        }

        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return AdminAnswer.TextAsync(context, StatusCodes.Status405MethodNotAllowed, "These pages can only be read: GET, HEAD.\n");
        }

        return next(context);
    }

    private bool IsThisServer(HostString host, int port) =>
        _hosts.Contains(host.Host, StringComparer.OrdinalIgnoreCase) && (host.Port ?? 80) == port;
}
