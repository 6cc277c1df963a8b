using System.Security.Cryptography.X509Certificates;
using ActorTunnel.Transport.Tls;
using Akka.Event;
using Akka.Remote.Hosting;

namespace ActorTunnel.Mesh.Lives;

/// <summary>TLS between members. Each of them dials and is dialled, so each certificate must be good for both, whichever way a connection was made.</summary>
internal static class MemberTls
{
    public static void Apply(MeshTls tls, RemoteOptions remote)
    {
        TlsPeerName member = tls.TrustDomain is { } domain ? new TlsPeerName.SpiffeTrustDomain(domain) : new TlsPeerName.Any();
        var asServer = new TlsPeerVerifier(tls.Ca, member, peerIsServer: true);
        var asClient = new TlsPeerVerifier(tls.Ca, member, peerIsServer: false);

        remote.EnableSsl = true;
        remote.Ssl.X509Certificate = tls.Certificate.Leaf;
        remote.Ssl.RequireMutualAuthentication = true;
        // Members are known by their authority and trust domain; an Akka address may be any name or IP that the others dial.
        remote.Ssl.ValidateCertificateHostname = false;
        remote.Ssl.SuppressValidation = false;
        // In place of Akka's own check, which asks the system's store of authorities.
        remote.Ssl.CustomValidator = (certificate, chain, peer, _, log) =>
        {
            var sent = new X509Certificate2Collection(tls.Certificate.Intermediates);
            if (chain is not null)
            {
                sent.AddRange(chain.ChainPolicy.ExtraStore);
            }

            var problem = asServer.Problem(certificate, sent) ?? asClient.Problem(certificate, sent);
            if (problem is not null)
            {
                log.Warning("{0} is no member of this mesh: {1}", peer, problem);
            }

            return problem is null;
        };
    }
}
