using ActorTunnel.Scenarios.Support;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios.Interop;

/// <summary>curl takes our terminator itself for its HTTP proxy, in cleartext and with TLS to the proxy.</summary>
public sealed class CurlAtTerminator(ITestOutputHelper output) : InteropStory(output)
{
    private const int Size = 3 * 1024 * 1024 + 7;

    [ForeignTheory(Foreign.Curl)]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task A_page_comes_byte_by_byte(Security security)
    {
        var files = Own(new PemFiles());
        var origin = Own(await WebOrigin.StartAsync(tls: false));
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, security)));
        var down = Path.Combine(files.Folder, "down");

        var curl = Curl(terminator, security, "--proxy-cacert", files.Ca, "--proxytunnel", "-o", down, $"http://a.example:8080/{Size}/1");

        Assert.Equal(0, await curl.EndsAsync());
        Assert.Equal(Payload.Of(Size, seed: 1), await File.ReadAllBytesAsync(down));
        var access = await terminator.NextAccessAsync();
        Assert.Equal(("a.example:8080", 200), (access.Authority, access.Status));
        Assert.Equal("http/1.1", Assert.Single(terminator.SessionLog).Protocol);
    }

    [ForeignFact(Foreign.Curl)]
    public async Task A_refused_destination_is_told_with_its_status()
    {
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(StorySettings.Loopback(1), Security.Cleartext)));

        var curl = Curl(terminator, Security.Cleartext, "--proxytunnel", "-w", "connect %{http_connect}\n", "http://a.example/");

        Assert.Equal("502", await curl.PrintsAsync("connect "));
        Assert.Equal(56, await curl.EndsAsync());
        Assert.Equal(502, (await terminator.NextAccessAsync()).Status);
    }

    [ForeignFact(Foreign.Curl)]
    public async Task A_request_without_CONNECT_is_told_that_only_CONNECT_is_served()
    {
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(StorySettings.Loopback(1), Security.Cleartext)));

        var curl = Curl(terminator, Security.Cleartext, "-w", "status %{http_code}\n", "http://a.example/");

        await curl.PrintsAsync("This is a proxy for CONNECT.");
        Assert.Equal("405", await curl.PrintsAsync("status "));
        Assert.Equal(0, await curl.EndsAsync());
        Assert.Equal(405, (await terminator.NextAccessAsync()).Status);
    }

    private ForeignProcess Curl(StoryNode terminator, Security security, params string[] arguments)
    {
        var scheme = security == Security.Cleartext ? "http" : "https";
        return Run(Foreign.Curl, ["-q", "-sS", "-x", $"{scheme}://localhost:{terminator.AddressOf("connect-in").Port}", .. arguments]);
    }
}
