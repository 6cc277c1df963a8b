namespace ActorTunnel.Benchmarks.Harness.Processes;

/// <summary>What a process used while a work was measured.</summary>
/// <param name="CpuSeconds">Of user and kernel; the kernel counts hundredths.</param>
/// <param name="ResidentMiB">Memory at the end.</param>
internal sealed record ProcessUse(double CpuSeconds, double ResidentMiB);
