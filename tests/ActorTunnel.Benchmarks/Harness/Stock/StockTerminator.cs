using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ActorTunnel.Benchmarks.Harness.Stock;

/// <summary>The back of the stock chain: Kestrel takes POSTs over HTTP/2 and copies their bodies to the origin, and back.</summary>
internal static class StockTerminator
{
    private const int StreamsPerConnection = 1000; // As ours.

    /// <summary>Runs until the process is told to end.</summary>
    /// <param name="listen">Where.</param>
    /// <param name="origin">Where bodies go.</param>
    /// <param name="certificate">A PEM file, and its key's.</param>
    /// <param name="key">Of the certificate.</param>
    public static async Task RunAsync(IPEndPoint listen, IPEndPoint origin, string certificate, string key)
    {
        using var shown = X509Certificate2.CreateFromPemFile(certificate, key);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = StreamsPerConnection;
            kestrel.Listen(listen, options =>
            {
                options.Protocols = HttpProtocols.Http2;
                options.UseHttps(shown);
            });
        });
        await using var application = builder.Build();
        application.Run(context => CarryAsync(context, origin));
        await application.RunAsync();
    }

    private static async Task CarryAsync(HttpContext context, IPEndPoint origin)
    {
        using var socket = new Socket(origin.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(origin, context.RequestAborted);
            await using var stream = new NetworkStream(socket);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted); // The response's head.
            await Task.WhenAll(ToOriginAsync(context.Request.BodyReader, stream, socket, context.RequestAborted), FromOriginAsync(stream, context));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            context.Abort(); // One of the two ends broke.
        }
    }

    private static async Task ToOriginAsync(PipeReader body, NetworkStream stream, Socket socket, CancellationToken over)
    {
        await body.CopyToAsync(stream, over);
        socket.Shutdown(SocketShutdown.Send);
    }

    private static async Task FromOriginAsync(NetworkStream stream, HttpContext context)
    {
        await stream.CopyToAsync(context.Response.BodyWriter, context.RequestAborted);
        await context.Response.CompleteAsync();
    }
}
