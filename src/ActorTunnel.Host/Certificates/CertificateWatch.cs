using ActorTunnel.Host.Configuration;

namespace ActorTunnel.Host.Certificates;

/// <summary>What one look at the files of a section found.</summary>
internal abstract record CertificateCheck
{
    private CertificateCheck()
    {
    }

    /// <summary>Nothing to do or to tell.</summary>
    internal sealed record Unchanged : CertificateCheck
    {
        internal static readonly Unchanged Instance = new();
    }

    /// <summary>They changed a moment ago, and may not have done so; look again after <see cref="CertificateWatch.SettleTime"/>.</summary>
    internal sealed record Settling : CertificateCheck
    {
        internal static readonly Settling Instance = new();
    }

    /// <summary>They changed, and this is to be used from now on.</summary>
    internal sealed record Replaced(TlsSection Section) : CertificateCheck;

    /// <summary>They changed, and cannot be used: <paramref name="Problem"/> names the file. Said once for a change.</summary>
    internal sealed record Refused(string Problem) : CertificateCheck;
}

/// <summary>
/// Tells when the files of one section hold certificates that are to be used instead. Half a change does no harm: contents count when two looks, a moment apart,
/// found the same, and only all files together.
/// <code>
///   InUse ──other contents──▶ Settling ──the same a second later──▶ usable? ──yes──▶ InUse
///     ▲                        │  ▲ └──other contents again──┐           └──no──▶ Refused ──other contents──▶ Settling
///     └──the old ones are back─┘  └──────────────────────────┘                        └──the old ones are back──▶ InUse
/// </code>
/// </summary>
/// <param name="inUse">As it was read from the configuration.</param>
/// <param name="time">The clock.</param>
internal sealed class CertificateWatch(TlsSection inUse, TimeProvider time)
{
    /// <summary>Longer than it takes to write a certificate and its key one after the other.</summary>
    internal static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(1);

    private TlsSection _inUse = inUse;
    private string _seen = inUse.Fingerprint;
    private bool _judged = true;
    private long _seenSince;

    /// <summary>Reads all files once. One caller at a time.</summary>
    internal CertificateCheck Look()
    {
        var contents = _inUse.Files.Read();
        var fingerprint = contents.Fingerprint();
        if (fingerprint != _seen)
        {
            _seen = fingerprint;
            _seenSince = time.GetTimestamp();
            _judged = fingerprint == _inUse.Fingerprint;
        }

        if (_judged)
        {
            return CertificateCheck.Unchanged.Instance;
        }

        if (time.GetElapsedTime(_seenSince) < SettleTime)
        {
            return CertificateCheck.Settling.Instance;
        }

        _judged = true;
        var material = contents.Load();
        if (material.Problem is { } problem)
        {
            return new CertificateCheck.Refused(problem);
        }

        if (_inUse.Refuse(material) is { } refusal)
        {
            return new CertificateCheck.Refused($"{_inUse.Files.Certificate} {refusal}");
        }

        _inUse = _inUse.With(material, fingerprint);
        return new CertificateCheck.Replaced(_inUse);
    }
}
