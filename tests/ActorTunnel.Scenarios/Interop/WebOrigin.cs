using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using ActorTunnel.Scenarios.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ActorTunnel.Scenarios.Interop;

/// <summary>
/// A small site over HTTP/1.1: GET <c>/LENGTH/SEED</c> answers with a <see cref="Payload"/>, PUT with the SHA-256 of what was sent.
/// </summary>
internal sealed class WebOrigin : IAsyncDisposable
{
    private readonly WebApplication _site;
    private readonly int _together;
    private readonly TaskCompletionSource _allThere = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _requests;

    private WebOrigin(bool tls, int together)
    {
        _together = together;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                if (tls)
                {
                    listen.UseHttps(TestCertificates.Shared.Server.Leaf);
                }
            });
        });
        _site = builder.Build();
        _site.Run(AnswerAsync);
    }

    public IPEndPoint Address => StorySettings.Loopback(new Uri(_site.Urls.Single()).Port);

    /// <param name="tls">With the stories' server certificate.</param>
    /// <param name="together">So many requests must be there before the first is answered.</param>
    public static async Task<WebOrigin> StartAsync(bool tls, int together = 1)
    {
        var origin = new WebOrigin(tls, together);
        await origin._site.StartAsync();
        return origin;
    }

    public async ValueTask DisposeAsync()
    {
        await _site.StopAsync();
        await _site.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (Interlocked.Increment(ref _requests) == _together)
        {
            _allThere.SetResult();
        }

        await _allThere.Task.WaitAsync(context.RequestAborted);
        if (HttpMethods.IsPut(context.Request.Method))
        {
            var hash = await SHA256.HashDataAsync(context.Request.Body);
            await context.Response.WriteAsync(Convert.ToHexString(hash));
            return;
        }

        var parts = context.Request.Path.Value!.Split('/').Skip(1).Select(part => int.Parse(part, CultureInfo.InvariantCulture)).ToArray();
        var payload = Payload.Of(parts[0], parts[1]);
        context.Response.ContentLength = payload.Length;
        await context.Response.Body.WriteAsync(payload);
    }
}
