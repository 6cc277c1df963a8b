using ActorTunnel.Scenarios.Interop;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios.Support;

/// <summary>
/// The nodes of a mesh as processes, with TLS between their sessions: one seed, terminators called <c>worker-1</c> and so on, each with an origin of its own, so that a story sees where a tunnel
/// went, and an encapsulator called <c>edge</c>.
/// </summary>
internal sealed class MeshProcesses : IAsyncDisposable
{
    private readonly PemFiles _pem = new();
    private readonly ITestOutputHelper _output;
    private readonly List<NodeProcess> _started = [];
    private readonly List<Transfer> _transfers = [];
    private readonly List<string> _seeds = [];

    private MeshProcesses(ITestOutputHelper output)
    {
        _output = output;
    }

    public NodeProcess Seed { get; private set; } = null!;

    public NodeProcess Edge { get; private set; } = null!;

    public List<NodeProcess> Workers { get; } = [];

    public List<Origin> Origins { get; } = [];

    /// <summary>A mesh in which the encapsulator sees all.</summary>
    /// <param name="output">Gets what the nodes wrote.</param>
    /// <param name="workers">How many terminators.</param>
    /// <param name="http2">Keys of the encapsulator's sessions.</param>
    public static async Task<MeshProcesses> StartAsync(ITestOutputHelper output, int workers, string http2 = "")
    {
        var mesh = new MeshProcesses(output);
        try
        {
            mesh.Seed = await mesh.StartSeedAsync(port: 0);
            mesh._seeds.Add(mesh.Seed.MeshAddress);
            for (var i = 0; i < workers; i++)
            {
                mesh.Origins.Add(Origin.Start());
                mesh.Workers.Add(await mesh.StartWorkerAsync(i));
            }

            mesh.Edge = await mesh.StartAsync(mesh.EdgeFile(http2));
            await mesh.Edge.SeesAsync(workers + 2);
        }
        catch
        {
            await mesh.DisposeAsync(); // Nobody else knows of its processes yet.
            throw;
        }

        return mesh;
    }

    /// <summary>Starts the seed, once more where it was killed.</summary>
    /// <param name="port">Of the mesh; 0: a free one.</param>
    public Task<NodeProcess> StartSeedAsync(int port) => StartAsync(
        $$"""
        actortunnel {
          node.name = seed
          admin.bind = "127.0.0.1:0"
          mesh { {{MeshKeys(port)}} }
        }
        """);

    /// <summary>Starts a terminator, once more where it was stopped.</summary>
    /// <param name="index">Of its origin.</param>
    /// <param name="tunnelPort">To take tunnels on; 0: a free one.</param>
    /// <param name="meshPort">Likewise.</param>
    public Task<NodeProcess> StartWorkerAsync(int index, int tunnelPort = 0, int meshPort = 0) => StartAsync(
        $$"""
        actortunnel {
          node.name = worker-{{index + 1}}
          admin.bind = "127.0.0.1:0"
          drain.timeout = 60s
          listeners.connect-in {
            bind = "127.0.0.1:{{tunnelPort}}"
            tls { cert = "{{_pem.Certificate}}", key = "{{_pem.Key}}" }
            connect.routes = [{ authority = "*", upstream = origin }]
          }
          upstreams.origin { endpoints = ["{{Origins[index].Address}}"], connect-timeout = 5s }
          mesh { {{MeshKeys(meshPort)}} }
        }
        """);

    /// <summary>A tunnel, and which of the terminators it goes through: the one whose origin accepted it.</summary>
    /// <param name="tunnel">Its number in the payload.</param>
    /// <param name="length">Bytes that each side will send, where it goes through a certain terminator.</param>
    public async Task<(Transfer Transfer, int Worker)> OpenAsync(int tunnel, Func<int, int> length)
    {
        var application = await Peer.ConnectAsync(Edge.AddressOf("tunnel-in"));
        var worker = -1;
        await Eventually.TrueAsync(
            () => (worker = Origins.FindIndex(origin => origin.HasPending)) >= 0, () => $"tunnel {tunnel} came to no origin");
        var transfer = new Transfer(tunnel, length(worker), application, await Origins[worker].AcceptAsync());
        _transfers.Add(transfer);
        return (transfer, worker);
    }

    public async ValueTask DisposeAsync()
    {
        _transfers.ForEach(transfer => transfer.Dispose());
        try
        {
            // The encapsulator first, so that no drain waits for a tunnel; each of them ends in order.
            for (var i = _started.Count - 1; i >= 0; i--)
            {
                await _started[i].DisposeAsync();
            }
        }
        finally
        {
            foreach (var origin in Origins)
            {
                await origin.DisposeAsync();
            }

            await _pem.DisposeAsync();
        }
    }

    private string EdgeFile(string http2) =>
        $$"""
        actortunnel {
          node.name = edge
          admin.bind = "127.0.0.1:0"
          listeners.tunnel-in {
            bind = "127.0.0.1:0"
            tunnel { upstream = terminators, authority = "{{StorySettings.Host}}" }
          }
          upstreams.terminators {
            type = mesh
            protocol = http2
            connect-timeout = 5s
            backoff.max = 400ms
            tls { ca = "{{_pem.Ca}}", verify-name = localhost }
            http2 { {{http2}} }
          }
          mesh { {{MeshKeys(port: 0)}} }
        }
        """;

    private string MeshKeys(int port) =>
        $"bind = \"127.0.0.1:{port}\", seeds = [{string.Join(", ", _seeds.Select(seed => $"\"{seed}\""))}]";

    private async Task<NodeProcess> StartAsync(string configuration)
    {
        var node = await NodeProcess.StartAsync(_pem, configuration, _output);
        _started.Add(node);
        return node;
    }
}
