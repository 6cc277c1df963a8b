namespace ActorTunnel.Proxy.Upstreams;

/// <summary>
/// Estimates what a terminator has to do now. Our own tunnels are known to the moment; what others have is what the latest report had beyond our own tunnels at the
/// moment it came. So our own are never counted twice, and between two reports we see what we do ourselves.
/// </summary>
internal sealed class ReportedLoad
{
    private TerminatorLoad? _report;
    private int _ownAtReport;

    /// <summary>Takes the latest report; the same object again is no new one.</summary>
    /// <param name="report">Null: there is none that counts.</param>
    /// <param name="own">Our own tunnels to it now, 0 or more.</param>
    public void Take(TerminatorLoad? report, int own)
    {
        if (!ReferenceEquals(report, _report))
        {
            _report = report;
            _ownAtReport = own;
        }
    }

    /// <summary>
    /// Own tunnels, those of others, and dials; all that scaled by up to two as the processor is busy. Without a report: own tunnels.
    /// </summary>
    /// <param name="own">Our own tunnels to it now, 0 or more.</param>
    public double Estimate(int own) => _report is null
        ? own
        : (own + Math.Max(0, _report.Tunnels - _ownAtReport) + _report.Dials) * (1 + _report.Cpu);
}
