using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>Reads <c>transport_socket</c> of clusters and of filter chains.</summary>
internal static class TlsImport
{
    private const string Package = "envoy.extensions.transport_sockets";

    /// <summary>Any of these says that the peer's certificate is to be verified.</summary>
    private static readonly string[] Validations =
        ["validation_context", "validation_context_sds_secret_config", "combined_validation_context", "validation_context_certificate_provider_instance"];

    private enum Tls
    {
        Auto,
        Old,
        V12,
        V13,
    }

    /// <summary>The <c>tls</c> section of an upstream; null for cleartext.</summary>
    internal static HoconDraft? ReadClient(EnvoyMessage owner) => ReadSocket(owner, "UpstreamTlsContext", ReadUpstreamContext);

    /// <summary>The <c>tls</c> section of a listener; null for cleartext.</summary>
    internal static HoconDraft? ReadServer(EnvoyMessage owner) => ReadSocket(owner, "DownstreamTlsContext", ReadDownstreamContext);

    private static HoconDraft? ReadSocket(EnvoyMessage owner, string context, Action<EnvoyMessage, HoconDraft> read) =>
        owner.Message("transport_socket", socket =>
        {
            HoconDraft? draft = null;
            socket.NoEffect("name");
            socket.Typed(
                "typed_config",
                ($"{Package}.tls.v3.{context}", message =>
                {
                    draft = new HoconDraft(message.Place);
                    read(message, draft);
                }),
                ($"{Package}.raw_buffer.v3.RawBuffer", _ => { }));
            return draft;
        });

    private static void ReadUpstreamContext(EnvoyMessage context, HoconDraft tls)
    {
        var sni = context.Text("sni");
        var names = new PeerNames();
        Placed<string>? ca = null;
        var verifies = false;
        context.Message("common_tls_context", common =>
        {
            verifies = Array.Exists(Validations, common.Has);
            ReadCommon(common, tls);
            common.Message("validation_context", validation => ca = ReadValidation(validation, names.ReadTerminator));
        });

        tls.Set("ca", ca);
        if (ca is not null)
        {
            ReadNames(context, tls, ca, sni, names);
            return;
        }

        tls.Set("verify-name", sni);
        if (verifies)
        {
            // Left without "ca", the upstream is refused by the loader: what was meant to be verified is never accepted unseen.
            context.NotCarry("has no file with trusted_ca to check the terminator's certificate with");
            return;
        }

        context.Note("has no validation_context: whatever certificate the terminator shows is accepted, here as in Envoy");
        tls.Set("insecure-skip-verify", "true", context.Place);
    }

    private static void ReadNames(EnvoyMessage context, HoconDraft tls, Placed<string> ca, Placed<string>? sni, PeerNames names)
    {
        tls.Set("verify-spiffe-id", names.SpiffeId);
        if (names.Host is not null || names.SpiffeId is not null)
        {
            tls.Set("verify-name", names.Host);
            if (sni is not null && !string.Equals(sni.Value, names.Host?.Value, StringComparison.OrdinalIgnoreCase))
            {
                context.NotCarried(sni, "is not carried: the name that is sent is the one that is verified", "the DNS name of match_typed_subject_alt_names");
            }
        }
        else if (sni is not null)
        {
            context.Note(sni, "is verified here, too: the terminator's certificate must carry this name");
            tls.Set("verify-name", sni);
        }
        else
        {
            context.NotCarried(
                ca, "is not enough: a certificate of this authority does not say whose it is", "match_typed_subject_alt_names or sni besides");
        }
    }

    private static void ReadDownstreamContext(EnvoyMessage context, HoconDraft tls)
    {
        var required = context.Flag("require_client_certificate");
        var names = new PeerNames();
        Placed<string>? ca = null;
        context.Message("common_tls_context", common =>
        {
            ReadCommon(common, tls);
            common.Message("validation_context", validation => ca = ReadValidation(validation, names.ReadClient));
        });

        if (!tls.Has("cert") || !tls.Has("key"))
        {
            context.Mistake("has no certificate", "common_tls_context.tls_certificates with files of certificate_chain and private_key");
        }

        if (ca is not null && required is not { Value: true })
        {
            context.NotCarried(ca, "is carried only with require_client_certificate: a client without a certificate is refused here");
        }
        else if (ca is null && required is { Value: true })
        {
            context.NotCarried(required, "is carried only with a trusted_ca to check the certificates with");
        }
        else
        {
            tls.Set("client-ca", ca);
            tls.Set("client-trust-domain", names.TrustDomain);
        }
    }

    private static void ReadCommon(EnvoyMessage common, HoconDraft tls)
    {
        common.Message("tls_params", parameters => ReadVersions(parameters, tls));
        var isFirst = true;
        common.Each("tls_certificates", certificate =>
        {
            if (!isFirst)
            {
                certificate.NotCarried("is not carried: one certificate is");
                return;
            }

            isFirst = false;
            tls.Set("cert", ReadFile(certificate, "certificate_chain"));
            tls.Set("key", ReadFile(certificate, "private_key"));
        });

        // Each element may itself be a list with commas.
        var protocols = common.Texts("alpn_protocols");
        if (protocols.Count > 0 && !protocols.Any(text => text.Value.Split(',').Contains("h2")))
        {
            common.NotCarried(protocols[0], "is not carried: tunnels are made of HTTP/2", "h2");
        }
    }

    private static void ReadVersions(EnvoyMessage parameters, HoconDraft tls)
    {
        (string, int, Tls)[] versions =
        [
            ("TLS_AUTO", 0, Tls.Auto), ("TLSv1_0", 1, Tls.Old), ("TLSv1_1", 2, Tls.Old), ("TLSv1_2", 3, Tls.V12), ("TLSv1_3", 4, Tls.V13),
        ];
        var min = parameters.Choice("tls_minimum_protocol_version", versions);
        var max = parameters.Choice("tls_maximum_protocol_version", versions);
        if (min?.Value == Tls.Old)
        {
            parameters.NotCarried("tls_minimum_protocol_version", "is too old", "TLSv1_2 or TLSv1_3");
        }

        if (max?.Value is Tls.Old or Tls.V12)
        {
            parameters.NotCarried("tls_maximum_protocol_version", "TLS 1.3 cannot be turned off", "TLSv1_3");
        }

        if (min is { Value: not Tls.Auto })
        {
            tls.Set("tls12", min, version => version == Tls.V13 ? "false" : "true");
        }
    }

    /// <returns>The file of the authorities.</returns>
    private static Placed<string>? ReadValidation(EnvoyMessage validation, Action<EnvoyMessage, SanKind?> readName)
    {
        validation.Each("match_typed_subject_alt_names", typed =>
        {
            var kind = typed.Choice("san_type", ("DNS", 2, SanKind.Host), ("URI", 3, SanKind.Uri), ("IP_ADDRESS", 4, SanKind.Host));
            typed.Message("matcher", matcher => readName(matcher, kind?.Value));
        });

        // The field of before, without types.
        validation.Each("match_subject_alt_names", matcher => readName(matcher, SanKind.Any));
        return ReadFile(validation, "trusted_ca");
    }

    private static Placed<string>? ReadFile(EnvoyMessage owner, string name) =>
        owner.Message(name, source => source.Text("filename"));
}
