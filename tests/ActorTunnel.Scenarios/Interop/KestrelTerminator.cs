using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using ActorTunnel.Scenarios.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ActorTunnel.Scenarios.Interop;

/// <summary>A terminator on Kestrel's HTTP/2 in this process: its one handler dials the authority of each CONNECT.</summary>
internal sealed class KestrelTerminator : IAsyncDisposable
{
    private const int ConnectError = 0xa;

    private readonly WebApplication _application;

    private KestrelTerminator(WebApplication application)
    {
        _application = application;
    }

    public IPEndPoint Address => StorySettings.Loopback(new Uri(_application.Urls.Single()).Port);

    public static async Task<KestrelTerminator> StartAsync(Security security)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            // The body of a CONNECT is a tunnel: it has no end that is known before, and may be silent for as long as it likes.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (security != Security.Cleartext)
                {
                    listen.UseHttps(TestCertificates.Shared.Server.Leaf);
                }
            });
        });
        var application = builder.Build();
        application.Run(HandleAsync);
        await application.StartAsync();
        return new KestrelTerminator(application);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private static async Task HandleAsync(HttpContext context)
    {
        if (!HttpMethods.IsConnect(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }

        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPEndPoint.Parse(context.Request.Host.Value!), context.RequestAborted);
        }
        catch (SocketException)
        {
            context.Response.StatusCode = StatusCodes.Status502BadGateway;
            return;
        }

        // Whatever is no clean end of both directions resets the origin's connection.
        socket.LingerState = new LingerOption(true, 0);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        try
        {
            await context.Response.BodyWriter.FlushAsync(over.Token);
            await Task.WhenAll(
                OrCancelAsync(ToOriginAsync(context.Request.BodyReader, socket, over.Token), over),
                OrCancelAsync(FromOriginAsync(socket, context.Response, over.Token), over));
            socket.LingerState = new LingerOption(false, 0);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            // One of the two ends was reset. If it was the origin's, the stream still lives.
            if (!context.RequestAborted.IsCancellationRequested)
            {
                context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(ConnectError);
            }
        }
    }

    private static async Task ToOriginAsync(PipeReader body, Socket socket, CancellationToken over)
    {
        while (true)
        {
            var read = await body.ReadAsync(over);
            foreach (var segment in read.Buffer)
            {
                for (var rest = segment; rest.Length > 0;)
                {
                    rest = rest[await socket.SendAsync(rest, over)..];
                }
            }

            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                socket.Shutdown(SocketShutdown.Send);
                return;
            }
        }
    }

    private static async Task FromOriginAsync(Socket socket, HttpResponse response, CancellationToken over)
    {
        while (await socket.ReceiveAsync(response.BodyWriter.GetMemory(), over) is > 0 and var count)
        {
            response.BodyWriter.Advance(count);
            await response.BodyWriter.FlushAsync(over);
        }

        await response.CompleteAsync();
    }

    private static async Task OrCancelAsync(Task direction, CancellationTokenSource other)
    {
        try
        {
            await direction;
        }
        catch
        {
            await other.CancelAsync(); // A reset is of both directions.
            throw;
        }
    }
}
