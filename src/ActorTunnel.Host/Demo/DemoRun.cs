using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace ActorTunnel.Host.Demo;

/// <summary>The transfers of a demo between nodes that run.</summary>
/// <param name="folder">Has the authority that the client trusts.</param>
/// <param name="nodes">Started.</param>
/// <param name="display">Follows the transfers.</param>
internal sealed class DemoRun(DemoFolder folder, DemoNodes nodes, DemoDisplay display)
{
    // A transfer breaks before the process that broke it is known to be gone.
    private static readonly TimeSpan DeathNotice = TimeSpan.FromSeconds(1);

    /// <summary>Fetches the page and moves the bytes, until all is done or the first thing goes wrong.</summary>
    /// <param name="size">Bytes each way.</param>
    /// <param name="stop">Gives up with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The report; and the complaint of a node that is gone, which explains the report's problems.</returns>
    public async Task<(DemoReport? Report, string? Complaint)> RunAsync(long size, CancellationToken stop)
    {
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var death = nodes.FirstDeathAsync();
        var work = TransferAllAsync(size, abandon.Token);
        if (await Task.WhenAny(work, death) == death)
        {
            await abandon.CancelAsync();
            await ((Task)work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stop.ThrowIfCancellationRequested();
            return (null, await death);
        }

        var report = await work;
        if (!report.Problems.IsEmpty)
        {
            await Task.WhenAny(death, Task.Delay(DeathNotice, stop));
        }

        return (report, death.IsCompleted ? await death : null);
    }

    private async Task<DemoReport> TransferAllAsync(long size, CancellationToken cancellation)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(folder.CaPath);
        var client = new DemoClient(nodes.Encapsulator.Address, authorities);

        var transfers = new List<DemoTransfer> { await client.FetchPageAsync(cancellation) };
        if (transfers[^1].Problem is null)
        {
            display.Say($"page: {transfers[^1].Payload} bytes from https://{DemoFolder.OriginName}/ through the tunnel");
            transfers.Add(await display.FollowAsync("upload", size, progress => client.UploadAsync(size, progress, cancellation)));
        }

        if (transfers[^1] is { Problem: null, Sha256: { } sent })
        {
            // The origin's answer was compared with what was sent, and what comes back are the same bytes.
            transfers.Add(await display.FollowAsync(
                "download", size, progress => client.DownloadAsync(size, sent, progress, cancellation)));
        }

        return new DemoReport
        {
            Encapsulator = nodes.Encapsulator.Node,
            Terminator = nodes.Terminator.Node,
            Origin = nodes.Origin.Node,
            Transfers = [.. transfers],
            Trace = await DemoTrace.CollectAsync(
                transfers, nodes.Encapsulator.Process.Output, nodes.Terminator.Process.Output, cancellation),
        };
    }
}
