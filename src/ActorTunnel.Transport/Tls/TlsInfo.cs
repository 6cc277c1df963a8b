using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace ActorTunnel.Transport.Tls;

/// <summary>What a handshake agreed on.</summary>
/// <param name="Protocol">TLS version.</param>
/// <param name="CipherSuite">Negotiated suite.</param>
/// <param name="PeerSubject">Subject of the peer's certificate, or null where it sent none.</param>
public sealed record TlsInfo(SslProtocols Protocol, TlsCipherSuite CipherSuite, string? PeerSubject)
{
    /// <summary>Version and suite in words.</summary>
    public override string ToString() => $"{ProtocolName} {CipherSuite}";

    private string ProtocolName => Protocol switch
    {
        SslProtocols.Tls13 => "TLSv1.3",
        SslProtocols.Tls12 => "TLSv1.2",
        _ => Protocol.ToString(),
    };

    internal static TlsInfo Of(SslStream stream) => new(
        stream.SslProtocol,
        stream.NegotiatedCipherSuite,
        stream.RemoteCertificate is X509Certificate2 certificate ? certificate.Subject : stream.RemoteCertificate?.Subject);
}
