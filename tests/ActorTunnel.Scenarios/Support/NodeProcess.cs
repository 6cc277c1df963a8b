using System.Net;
using ActorTunnel.Scenarios.Interop;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios.Support;

/// <summary>One of our nodes as a process of its own, which a story may kill; cleartext.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly ForeignProcess _process;

    private NodeProcess(DirectoryInfo folder, ForeignProcess process, IPEndPoint address)
    {
        _folder = folder;
        _process = process;
        Address = address;
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; }

    public static Task<NodeProcess> TerminatorAsync(IPEndPoint origin, ITestOutputHelper output) => StartAsync(
        "connect-in",
        $$"""
        actortunnel {
          listeners.connect-in { bind = "127.0.0.1:0", connect { routes = [{ authority = "*", upstream = origin }] } }
          upstreams.origin { endpoints = ["{{origin}}"], connect-timeout = 5s }
        }
        """,
        output);

    public static Task<NodeProcess> EncapsulatorAsync(IPEndPoint terminator, ITestOutputHelper output) => StartAsync(
        "tunnel-in",
        $$"""
        actortunnel {
          listeners.tunnel-in { bind = "127.0.0.1:0", tunnel { upstream = terminators, authority = "host.com:443" } }
          upstreams.terminators { protocol = http2, endpoints = ["{{terminator}}"], connect-timeout = 5s }
        }
        """,
        output);

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static async Task<NodeProcess> StartAsync(string listener, string configuration, ITestOutputHelper output)
    {
        var folder = Directory.CreateTempSubdirectory("actortunnel-story-");
        var file = Path.Combine(folder.FullName, "node.conf");
        await File.WriteAllTextAsync(file, configuration);
        var process = ForeignProcess.StartOurs(output, "run", file);
        var address = IPEndPoint.Parse(await process.PrintsAsync($"listener {listener} listens on "));
        await process.PrintsAsync("ready");
        return new NodeProcess(folder, process, address);
    }
}
