using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;

namespace ActorTunnel.Benchmarks.Harness.Stock;

/// <summary>The front of the stock chain: Kestrel takes TCP connections, and <see cref="HttpClient"/> makes a streaming POST over HTTP/2 of each.</summary>
internal static class StockEncapsulator
{
    /// <summary>Runs until the process is told to end.</summary>
    /// <param name="listen">Where.</param>
    /// <param name="terminator">A <see cref="StockTerminator"/>, whose certificate is checked for the name localhost.</param>
    /// <param name="authority">A PEM file: the only CA that counts.</param>
    public static async Task RunAsync(IPEndPoint listen, IPEndPoint terminator, string authority)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(authority) },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        var target = new Uri($"https://{terminator}/");
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
            kestrel.Listen(listen, options => options.Run(connection => CarryAsync(connection, client, target))));
        await using var application = builder.Build();
        await application.RunAsync();
    }

    private static async Task CarryAsync(ConnectionContext connection, HttpClient client, Uri target)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, target)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ConnectionContent(connection),
        };
        try
        {
            // Not with ConnectionClosed: Kestrel cancels it as soon as the application ends its own direction.
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            await using var body = await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync();
            await body.CopyToAsync(connection.Transport.Output.AsStream(leaveOpen: true));
            await connection.Transport.Output.CompleteAsync();
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            connection.Abort(); // The other side broke, or this one did.
        }
    }

    /// <summary>What the application sends, as it comes, until it ends.</summary>
    private sealed class ConnectionContent(ConnectionContext connection) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync(); // The request's head.
            while (true)
            {
                var read = await connection.Transport.Input.ReadAsync();
                foreach (var segment in read.Buffer)
                {
                    await stream.WriteAsync(segment);
                }

                await stream.FlushAsync();
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    return;
                }
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
