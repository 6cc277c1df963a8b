using System.Globalization;
using ActorTunnel.TestSupport.Telemetry;

namespace ActorTunnel.Benchmarks.Driving;

/// <summary>What a node's process uses at a moment.</summary>
/// <param name="ResidentMiB">Memory, as the kernel counts it.</param>
/// <param name="ManagedMiB">Of that, the managed heap in use.</param>
/// <param name="Descriptors">Open files and sockets.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Buffers">Bytes of the buffers that are lent.</param>
/// <param name="Tunnels">Open tunnels.</param>
internal sealed record NodeSample(double ResidentMiB, double ManagedMiB, int Descriptors, int Threads, long Buffers, int Tunnels);

/// <summary>Looks at a node from outside: at its process (Linux's /proc) and at the counters of its admin server.</summary>
/// <param name="Name">For the report.</param>
/// <param name="ProcessId">The process.</param>
/// <param name="Admin">The admin server's address.</param>
internal sealed record NodeProbe(string Name, int ProcessId, Uri Admin)
{
    private static readonly HttpClient Client = new() { Timeout = TimeSpan.FromSeconds(5) };

    public async Task<NodeSample> TakeAsync()
    {
        var metrics = await Client.GetStringAsync(new Uri(Admin, "/metrics"));
        var status = await File.ReadAllLinesAsync($"/proc/{ProcessId}/status");
        return new NodeSample(
            OfStatus(status, "VmRSS:") / 1024.0,
            MetricsText.Sum(metrics, "dotnet_gc_last_collection_heap_size_bytes") / (1024 * 1024),
            Directory.GetFileSystemEntries($"/proc/{ProcessId}/fd").Length,
            (int)OfStatus(status, "Threads:"),
            (long)MetricsText.Sum(metrics, "actortunnel_buffers_outstanding_bytes"),
            (int)MetricsText.Sum(metrics, "actortunnel_tunnels_open"));
    }

    private static long OfStatus(string[] lines, string name) => long.Parse(
        lines.First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", "", StringComparison.Ordinal),
        NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
        CultureInfo.InvariantCulture);
}
