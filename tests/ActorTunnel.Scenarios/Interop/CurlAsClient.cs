using System.Net;
using System.Security.Cryptography;
using System.Text;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Scenarios.Support;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios.Interop;

/// <summary>
/// curl takes our encapsulator for its HTTP proxy. It has no way to reset a connection, so there is no story of that; an origin's reset is told apart
/// from an end by curl's exit code.
/// </summary>
public sealed class CurlAsClient(ITestOutputHelper output) : InteropStory(output)
{
    private const int Done = 0;
    private const int ReceiveFailed = 56;
    private const int Large = 3 * 1024 * 1024 + 7;

    [ForeignTheory(Foreign.Curl)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Downloads_and_uploads_pass_byte_by_byte(bool https)
    {
        var files = Own(new PemFiles());
        var origin = Own(await WebOrigin.StartAsync(https));
        var topology = Own(await StartAsync(origin.Address));
        var site = $"{(https ? "https" : "http")}://localhost:{origin.Address.Port}";
        foreach (var size in new[] { 0, 1, 16_384, 65_536, Large })
        {
            var down = Path.Combine(files.Folder, "down");
            var up = Path.Combine(files.Folder, "up");
            var uploaded = Payload.Of(size, seed: 2);
            await File.WriteAllBytesAsync(up, uploaded);

            var download = Curl(topology, files, "-o", down, "-w", "connect %{http_connect}\n", $"{site}/{size}/1");
            Assert.Equal("200", await download.PrintsAsync("connect "));
            Assert.Equal(Done, await download.EndsAsync());
            Assert.Equal(Payload.Of(size, seed: 1), await File.ReadAllBytesAsync(down));

            var upload = Curl(topology, files, "-T", up, "-w", "\n", $"{site}/");
            Assert.Equal(Done, await upload.EndsAsync());
            await upload.PrintsAsync(Convert.ToHexString(SHA256.HashData(uploaded)));
        }

        Assert.All(topology.Encapsulator.AccessLog, entry => Assert.Equal($"localhost:{origin.Address.Port}", entry.Authority));
    }

    [ForeignFact(Foreign.Curl)]
    public async Task Fifty_transfers_at_once_have_a_tunnel_each()
    {
        const int transfers = 50;
        const int size = 64 * 1024;
        var files = Own(new PemFiles());
        var origin = Own(await WebOrigin.StartAsync(tls: true, together: transfers));
        var topology = Own(await StartAsync(origin.Address));

        var curl = Curl(
            topology,
            files,
            "--parallel", "--parallel-immediate", "--parallel-max", $"{transfers}",
            "-o", Path.Combine(files.Folder, "#1"),
            $"https://localhost:{origin.Address.Port}/{size}/[0-{transfers - 1}]");

        Assert.Equal(Done, await curl.EndsAsync());
        for (var seed = 0; seed < transfers; seed++)
        {
            Assert.Equal(Payload.Of(size, seed), await File.ReadAllBytesAsync(Path.Combine(files.Folder, $"{seed}")));
        }

        Assert.Equal(transfers, topology.Encapsulator.Counters.Sum("tunnels.opened"));
    }

    [ForeignTheory(Foreign.Curl)]
    [InlineData("other.example", "404")]
    [InlineData("*", "502")]
    public async Task A_refused_destination_is_reported_with_its_status(string route, string status)
    {
        var files = Own(new PemFiles());
        var topology = Own(await StartAsync(StorySettings.Loopback(FreePort.Take()), route));

        var curl = Curl(topology, files, "-w", "connect %{http_connect}\n", "https://localhost:443/");

        Assert.Equal(status, await curl.PrintsAsync("connect "));
        Assert.Equal(ReceiveFailed, await curl.EndsAsync());
    }

    /// <summary>The body has no length: only the kind of the end tells curl whether it has all of it.</summary>
    [ForeignTheory(Foreign.Curl)]
    [InlineData(true, ReceiveFailed)]
    [InlineData(false, Done)]
    public async Task A_reset_of_the_origin_is_not_taken_for_the_end_of_a_body(bool reset, int exit)
    {
        var files = Own(new PemFiles());
        var origin = Own(Origin.Start());
        var topology = Own(await StartAsync(origin.Address));
        var down = Path.Combine(files.Folder, "down");
        var curl = Curl(topology, files, "-N", "-o", down, $"http://localhost:{origin.Address.Port}/");

        using var far = await origin.AcceptAsync();
        await far.ReceiveAsync("GET / HTTP/1.1\r\n".Length);
        await far.SendAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npart"));
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

    private static Task<Topology> StartAsync(IPEndPoint origin, string route = "*") => Topology.StartAsync(
        origin,
        Security.Tls,
        node => node.WithTunnel(tunnel => tunnel with { Accept = TunnelAccept.HttpConnect }),
        node => node.WithConnect(connect => connect with { Routes = [new(route, "origin")] }));

    private ForeignProcess Curl(Topology topology, PemFiles files, params string[] arguments) => Run(
        Foreign.Curl,
        ["-q", "-sS", "--cacert", files.Ca, "--proxytunnel", "-x", $"http://{topology.Entrance}", .. arguments]);
}
