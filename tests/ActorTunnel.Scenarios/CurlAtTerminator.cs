using System.Text;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>curl with a terminator as its HTTP proxy, in cleartext and with TLS to the proxy.</summary>
public sealed class CurlAtTerminator : Story
{
    private static readonly byte[] Page = Payload.Of(3_000_000, seed: 41);

    [CurlFact]
    public async Task A_page_comes_through_a_proxy_in_cleartext() => await FetchAsync(Security.Cleartext);

    [CurlFact]
    public async Task A_page_comes_through_a_proxy_with_TLS() => await FetchAsync(Security.Tls);

    [CurlFact]
    public async Task A_refused_destination_is_told_to_curl_with_its_status()
    {
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(StorySettings.Loopback(1), Security.Cleartext)));

        var (exitCode, output, errors) = await Curl.RunAsync(
            "--proxytunnel", "--proxy", ProxyOf(terminator, "http"), "--write-out", "%{http_connect}", "http://a.example/");

        Assert.Equal((56, "502"), (exitCode, Encoding.ASCII.GetString(output)));
        Assert.Contains("502", errors, StringComparison.Ordinal);
        Assert.Equal(502, (await terminator.NextAccessAsync()).Status);
    }

    [CurlFact]
    public async Task A_request_without_CONNECT_is_told_that_only_CONNECT_is_served()
    {
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(StorySettings.Loopback(1), Security.Cleartext)));

        var (exitCode, output, errors) = await Curl.RunAsync("--proxy", ProxyOf(terminator, "http"), "http://a.example/");

        Assert.True(exitCode == 0, errors);
        Assert.Equal("This is a proxy for CONNECT.\n", Encoding.ASCII.GetString(output));
        Assert.Equal(405, (await terminator.NextAccessAsync()).Status);
    }

    private async Task FetchAsync(Security security)
    {
        var origin = Own(Origin.Start(ServeAsync));
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, security)));
        var authority = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(authority, TestCertificates.Shared.Ca[0].ExportCertificatePem());
            string[] proxy = security == Security.Cleartext
                ? ["--proxy", ProxyOf(terminator, "http")]
                : ["--proxy", ProxyOf(terminator, "https"), "--proxy-cacert", authority];

            var (exitCode, output, errors) = await Curl.RunAsync([.. proxy, "--proxytunnel", "http://a.example:8080/"]);

            Assert.True(exitCode == 0, errors);
            Assert.True(Page.AsSpan().SequenceEqual(output), $"{output.Length} bytes came that differ from the {Page.Length} sent");
        }
        finally
        {
            File.Delete(authority);
        }

        var access = await terminator.NextAccessAsync();
        Assert.Equal(("a.example:8080", 200), (access.Authority, access.Status));
        Assert.Equal("http/1.1", Assert.Single(terminator.SessionLog).Protocol);
    }

    private static string ProxyOf(StoryNode terminator, string scheme) => $"{scheme}://localhost:{terminator.AddressOf("connect-in").Port}";

    /// <summary>One page over HTTP/1.1, whatever was asked for.</summary>
    private static async Task ServeAsync(Peer peer)
    {
        var request = new StringBuilder();
        var buffer = new byte[4_096];
        while (!request.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var count = await peer.Socket.ReceiveAsync(buffer);
            Assert.True(count > 0, "the request ended");
            request.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        await peer.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {Page.Length}\r\nConnection: close\r\n\r\n"));
        await peer.SendAsync(Page);
        peer.SendFin();
        await peer.ReceiveToEndAsync();
    }
}
