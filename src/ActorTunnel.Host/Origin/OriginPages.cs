using System.Globalization;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace ActorTunnel.Host.Origin;

/// <summary>
/// What the origin serves: <c>GET /</c>, a page that shows what arrived; <c>GET /bytes/N</c>, the first N bytes of <see cref="OriginData"/>;
/// <c>PUT</c> or <c>POST /upload</c>, the size and the SHA-256 of what was sent. HEAD works where GET does.
/// </summary>
internal static class OriginPages
{
    private const string BytesPath = "/bytes/";
    private const int WriteSize = 64 * 1024;

    public static Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        if (path is "/" or "")
        {
            return IsRead(context) ? ShowRequestAsync(context) : RefuseMethodAsync(context, "GET, HEAD");
        }

        if (path == "/upload")
        {
            return HttpMethods.IsPut(context.Request.Method) || HttpMethods.IsPost(context.Request.Method)
                ? ReceiveAsync(context)
                : RefuseMethodAsync(context, "POST, PUT");
        }

        if (path.StartsWith(BytesPath, StringComparison.Ordinal)
            && long.TryParse(path.AsSpan(BytesPath.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var size))
        {
            return IsRead(context) ? SendBytesAsync(context, size) : RefuseMethodAsync(context, "GET, HEAD");
        }

        return AnswerAsync(context, StatusCodes.Status404NotFound, "text/plain", "There is /, /bytes/N and /upload.\n");
    }

    private static bool IsRead(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);

    private static Task RefuseMethodAsync(HttpContext context, string allowed)
    {
        context.Response.Headers.Allow = allowed;
        return AnswerAsync(context, StatusCodes.Status405MethodNotAllowed, "text/plain", $"Served here: {allowed}.\n");
    }

    private static async Task SendBytesAsync(HttpContext context, long size)
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = size;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        var writer = context.Response.BodyWriter;
        for (var offset = 0L; offset < size;)
        {
            var length = (int)Math.Min(size - offset, WriteSize);
            OriginData.Fill(writer.GetSpan(length)[..length], offset);
            writer.Advance(length);
            offset += length;
            var flushed = await writer.FlushAsync(context.RequestAborted);
            if (flushed.IsCompleted)
            {
                return;
            }
        }
    }

    private static async Task ReceiveAsync(HttpContext context)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var size = await HashAsync(context.Request.BodyReader, hash, context.RequestAborted);
        var sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        var wantsJson = context.Request.Headers.Accept.Any(
            value => value?.Contains("application/json", StringComparison.OrdinalIgnoreCase) ?? false);
        await (wantsJson
            ? AnswerAsync(context, StatusCodes.Status200OK, "application/json", $"{{\"size\":{size},\"sha256\":\"{sha256}\"}}\n")
            : AnswerAsync(context, StatusCodes.Status200OK, "text/plain", $"size: {size}\nsha256: {sha256}\n"));
    }

    /// <summary>Reads to the end; a body that is cut short is an exception of the reader, so that it never gets an answer.</summary>
    private static async Task<long> HashAsync(PipeReader body, IncrementalHash hash, CancellationToken cancellation)
    {
        var size = 0L;
        while (true)
        {
            var read = await body.ReadAsync(cancellation);
            foreach (var segment in read.Buffer)
            {
                hash.AppendData(segment.Span);
            }

            size += read.Buffer.Length;
            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return size;
            }
        }
    }

    private static Task ShowRequestAsync(HttpContext context)
    {
        var request = context.Request;
        var connection = context.Connection;
        var rows = new StringBuilder();
        void Row(string name, string? value) => rows.Append(
            CultureInfo.InvariantCulture,
            $"<tr><th>{HtmlEncoder.Default.Encode(name)}</th><td>{HtmlEncoder.Default.Encode(value ?? "")}</td></tr>\n");

        Row("request", $"{request.Method} {request.Path}{request.QueryString} {request.Protocol}");
        Row("from", $"{connection.RemoteIpAddress} port {connection.RemotePort}");
        Row("to", $"{connection.LocalIpAddress} port {connection.LocalPort}");
        if (context.Features.Get<ITlsHandshakeFeature>() is { } tls)
        {
            Row("TLS", $"{tls.Protocol}, {tls.NegotiatedCipherSuite}");
        }

        foreach (var field in request.Headers)
        {
            Row(field.Key.ToLowerInvariant(), field.Value.ToString());
        }

        var page = $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>ActorTunnel origin</title>
            <style>body {"{"} font: 16px/1.5 sans-serif; margin: 2em {"}"} th {"{"} text-align: left; padding-right: 2em {"}"} td {"{"} font-family: monospace {"}"}</style>
            </head>
            <body>
            <h1>It works.</h1>
            <p>You have reached the origin. This is what it saw:</p>
            <table>
            {rows}</table>
            <p>Try also <a href="/bytes/1048576">/bytes/1048576</a>, and send something to /upload.</p>
            </body>
            </html>

            """;
        return AnswerAsync(context, StatusCodes.Status200OK, "text/html; charset=utf-8", page);
    }

    private static async Task AnswerAsync(HttpContext context, int status, string type, string text)
    {
        var body = Encoding.UTF8.GetBytes(text);
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        context.Response.Headers[HeaderNames.CacheControl] = "no-store";
        await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
    }
}
