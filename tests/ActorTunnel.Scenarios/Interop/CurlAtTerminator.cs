using System.Security.Cryptography;
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

    [ForeignTheory(Foreign.Curl)]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task An_upload_arrives_byte_by_byte(Security security)
    {
        var files = Own(new PemFiles());
        var origin = Own(await WebOrigin.StartAsync(tls: false));
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, security)));
        var up = Path.Combine(files.Folder, "up");
        var uploaded = Payload.Of(Size, seed: 2);
        await File.WriteAllBytesAsync(up, uploaded);

        var curl = Curl(terminator, security, "--proxy-cacert", files.Ca, "--proxytunnel", "-T", up, "-w", "\n", "http://a.example:8080/");

        await curl.PrintsAsync(Convert.ToHexString(SHA256.HashData(uploaded)));
        Assert.Equal(0, await curl.EndsAsync());
    }

    [ForeignFact(Foreign.Curl)]
    public async Task Fifty_transfers_at_once_have_a_tunnel_each()
    {
        const int transfers = 50;
        const int size = 64 * 1024;
        var files = Own(new PemFiles());
        var origin = Own(await WebOrigin.StartAsync(tls: false, together: transfers));
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, Security.Tls)));

        var curl = Curl(
            terminator,
            Security.Tls,
            "--proxy-cacert", files.Ca, "--proxytunnel",
            "--parallel", "--parallel-immediate", "--parallel-max", $"{transfers}",
            "-o", Path.Combine(files.Folder, "#1"),
            $"http://a.example:8080/{size}/[0-{transfers - 1}]");

        Assert.Equal(0, await curl.EndsAsync());
        for (var seed = 0; seed < transfers; seed++)
        {
            Assert.Equal(Payload.Of(size, seed), await File.ReadAllBytesAsync(Path.Combine(files.Folder, $"{seed}")));
        }

        Assert.Equal(transfers, terminator.Counters.Sum("tunnels.opened"));
    }

    /// <summary>The body has no length: only the kind of the end tells curl whether it has all of it.</summary>
    [ForeignTheory(Foreign.Curl)]
    [InlineData(Security.Cleartext, true, 56)]
    [InlineData(Security.Cleartext, false, 0)]
    [InlineData(Security.Tls, true, 56)]
    [InlineData(Security.Tls, false, 0)]
    public async Task A_reset_of_the_origin_is_not_taken_for_the_end_of_a_body(Security security, bool reset, int exit)
    {
        var files = Own(new PemFiles());
        var origin = Own(Origin.Start());
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, security)));
        var down = Path.Combine(files.Folder, "down");
        var curl = Curl(terminator, security, "--proxy-cacert", files.Ca, "--proxytunnel", "-N", "-o", down, "http://a.example:8080/");

        using var far = await origin.AcceptAsync();
        await far.ReceiveAsync("GET / HTTP/1.1\r\n".Length);
        await far.SendAsync("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npart"u8.ToArray());
        await Eventually.TrueAsync(() => File.Exists(down) && new FileInfo(down).Length == 4, () => "the body did not come");
        if (reset)
        {
            far.Reset();
        }
        else
        {
            far.SendFin();
        }

        Assert.Equal(exit, await curl.EndsAsync());
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
