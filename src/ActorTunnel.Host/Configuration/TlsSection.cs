using System.Globalization;
using ActorTunnel.Mesh;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Telemetry;

namespace ActorTunnel.Host.Configuration;

/// <summary>A <c>tls</c> section: the settings that were made of it, and the files that may come to hold others.</summary>
/// <param name="Scope">Whose it is.</param>
/// <param name="Files">As the section names them.</param>
/// <param name="Fingerprint">Of the contents that the settings were made of.</param>
internal abstract record TlsSection(SessionScope Scope, TlsFiles Files, string Fingerprint)
{
    /// <summary>The same section with new certificates.</summary>
    internal abstract TlsSection With(TlsMaterial material, string fingerprint);

    /// <summary>For the log.</summary>
    internal abstract string Describe();

    /// <summary>A phrase that follows the name of the certificate's file, where material that was read without a problem is still not for this section.</summary>
    internal virtual string? Refuse(TlsMaterial material) => null;

    private static string Describe(CertificateMaterial? own) => own is null
        ? "a new CA list"
        : string.Create(
            CultureInfo.InvariantCulture, $"'{own.Leaf.Subject}' number {own.Leaf.SerialNumber}, valid until {own.Leaf.NotAfter.ToUniversalTime():u}");

    internal sealed record OfListener(string Name, TlsFiles Files, string Fingerprint, ServerTlsSettings Settings)
        : TlsSection(SessionScope.OfListener(Name), Files, Fingerprint)
    {
        internal override TlsSection With(TlsMaterial material, string fingerprint) =>
            this with { Fingerprint = fingerprint, Settings = Settings with { Certificate = material.Certificate!, ClientCa = material.Ca } };

        internal override string Describe() => Describe(Settings.Certificate);
    }

    internal sealed record OfUpstream(string Name, TlsFiles Files, string Fingerprint, ClientTlsSettings Settings)
        : TlsSection(SessionScope.OfUpstream(Name), Files, Fingerprint)
    {
        internal override TlsSection With(TlsMaterial material, string fingerprint) =>
            this with { Fingerprint = fingerprint, Settings = Settings with { Certificate = material.Certificate, Ca = material.Ca ?? [] } };

        internal override string Describe() => Describe(Settings.Certificate);
    }

    internal sealed record OfMesh(string Node, TlsFiles Files, string Fingerprint, MeshTls Settings)
        : TlsSection(SessionScope.OfMesh(Node), Files, Fingerprint)
    {
        internal override string? Refuse(TlsMaterial material) => MemberCertificate.ProblemOf(material, Settings.TrustDomain)?.Problem;

        internal override TlsSection With(TlsMaterial material, string fingerprint) =>
            this with { Fingerprint = fingerprint, Settings = Settings with { Certificate = material.Certificate!, Ca = material.Ca! } };

        internal override string Describe() => Describe(Settings.Certificate);
    }
}
