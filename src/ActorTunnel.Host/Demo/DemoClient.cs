using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorTunnel.Host.Origin;

namespace ActorTunnel.Host.Demo;

/// <summary>Talks HTTPS with the origin through the tunnel; each transfer has a connection, and so a tunnel, of its own.</summary>
/// <param name="encapsulator">Where the tunnel begins.</param>
/// <param name="authorities">Who may have signed the origin's certificate.</param>
internal sealed class DemoClient(IPEndPoint encapsulator, X509Certificate2Collection authorities)
{
    private const int ChunkSize = 256 * 1024;

    private static readonly Uri Site = new($"https://{DemoFolder.OriginName}/");

    /// <summary>Fetches the origin's page.</summary>
    public Task<DemoTransfer> FetchPageAsync(CancellationToken cancellation) =>
        TransferAsync("page", async http =>
        {
            var page = await http.GetByteArrayAsync(Site, cancellation);
            return new Outcome(page.Length, null, page.Length > 0 ? null : "the page is empty");
        }, cancellation);

    /// <summary>Sends bytes and compares the SHA-256 that the origin answers with that of what was sent.</summary>
    /// <param name="size">How many.</param>
    /// <param name="progress">Told of each part that was sent.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<DemoTransfer> UploadAsync(long size, Action<long> progress, CancellationToken cancellation) =>
        TransferAsync("upload", async http =>
        {
            using var content = new OriginDataContent(size, progress);
            using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(Site, "upload")) { Content = content };
            request.Headers.Accept.ParseAdd("application/json");
            using var response = await http.SendAsync(request, cancellation);
            response.EnsureSuccessStatusCode();
            var answer = JsonNode.Parse(await response.Content.ReadAsByteArrayAsync(cancellation));
            var received = (long?)answer?["size"] ?? -1;
            var sha256 = (string?)answer?["sha256"];
            var problem = received != size ? $"the origin received {received} of {size} bytes"
                : sha256 != content.Sha256 ? $"the origin received other bytes: SHA-256 {sha256}, not {content.Sha256}"
                : null;
            return new Outcome(size, sha256, problem);
        }, cancellation);

    /// <summary>Receives bytes and compares their SHA-256 with the expected one.</summary>
    /// <param name="size">How many.</param>
    /// <param name="expected">SHA-256 of the first <paramref name="size"/> bytes of <see cref="OriginData"/>.</param>
    /// <param name="progress">Told of each part that was received.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<DemoTransfer> DownloadAsync(long size, string expected, Action<long> progress, CancellationToken cancellation) =>
        TransferAsync("download", async http =>
        {
            using var response = await http.GetAsync(
                new Uri(Site, $"bytes/{size}"), HttpCompletionOption.ResponseHeadersRead, cancellation);
            response.EnsureSuccessStatusCode();
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            var (received, sha256) = await HashAsync(body, progress, cancellation);
            var problem = received != size ? $"{received} of {size} bytes arrived"
                : sha256 != expected ? $"other bytes arrived: SHA-256 {sha256}, not {expected}"
                : null;
            return new Outcome(received, sha256, problem);
        }, cancellation);

    private static async Task<(long Size, string Sha256)> HashAsync(Stream body, Action<long> progress, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[ChunkSize];
        var size = 0L;
        while (await body.ReadAsync(buffer, cancellation) is > 0 and var count)
        {
            hash.AppendData(buffer, 0, count);
            size += count;
            progress(count);
        }

        return (size, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private async Task<DemoTransfer> TransferAsync(
        string name, Func<HttpClient, Task<Outcome>> exchange, CancellationToken cancellation)
    {
        var transfer = new DemoTransfer { Name = name };
        try
        {
            await using var connection = await TunnelConnection.OpenAsync(encapsulator, DemoFolder.OriginName, authorities, cancellation);
            transfer = transfer with { Client = connection.Local, Security = connection.Security };
            var start = Stopwatch.GetTimestamp();
            Outcome outcome;
            using (var http = new HttpClient(HandlerFor(connection)) { Timeout = Timeout.InfiniteTimeSpan })
            {
                outcome = await exchange(http);
                transfer = transfer with { Duration = Stopwatch.GetElapsedTime(start) };
            }

            await connection.CloseAsync();
            return transfer with
            {
                Payload = outcome.Payload,
                Sha256 = outcome.Sha256,
                Problem = outcome.Problem,
                Sent = connection.Sent,
                Received = connection.Received,
            };
        }
        catch (Exception exception)
            when (exception is SocketException or IOException or AuthenticationException or HttpRequestException or JsonException)
        {
            // All the ways in which a tunnel, TLS in it, or HTTP in that can fail; the innermost says most.
            return transfer with { Problem = exception.GetBaseException().Message };
        }
    }

    /// <summary>HTTP on that connection only; a second one would be another tunnel and not the one that is reported.</summary>
    private static SocketsHttpHandler HandlerFor(TunnelConnection connection)
    {
        var used = false;
        return new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            ConnectCallback = (_, _) =>
            {
                if (used)
                {
                    throw new IOException("the connection was lost");
                }

                used = true;
                return ValueTask.FromResult<Stream>(connection.Tls);
            },
        };
    }

    private readonly record struct Outcome(long Payload, string? Sha256, string? Problem);

    /// <summary>A body of <see cref="OriginData"/> from its beginning.</summary>
    private sealed class OriginDataContent(long size, Action<long> progress) : HttpContent
    {
        /// <summary>Of what was sent; null until all was.</summary>
        public string? Sha256 { get; private set; }

        protected override bool TryComputeLength(out long length)
        {
            length = size;
            return true;
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[ChunkSize];
            for (var offset = 0L; offset < size;)
            {
                var chunk = buffer.AsMemory(0, (int)Math.Min(ChunkSize, size - offset));
                OriginData.Fill(chunk.Span, offset);
                hash.AppendData(chunk.Span);
                await stream.WriteAsync(chunk, cancellationToken);
                offset += chunk.Length;
                progress(chunk.Length);
            }

            Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        }
    }
}
