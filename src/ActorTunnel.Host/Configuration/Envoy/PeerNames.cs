namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>What a matcher of subject alternative names is about.</summary>
internal enum SanKind
{
    /// <summary>A DNS name or an IP address.</summary>
    Host,

    Uri,

    /// <summary>The matcher does not say.</summary>
    Any,
}

/// <summary>
/// Whose certificates are accepted. Envoy accepts any of many names; here a terminator has one, and clients have one SPIFFE trust domain.
/// </summary>
internal sealed class PeerNames
{
    private const string Spiffe = "spiffe://";

    internal Placed<string>? Host { get; private set; }

    internal Placed<string>? SpiffeId { get; private set; }

    internal Placed<string>? TrustDomain { get; private set; }

    /// <param name="matcher">A StringMatcher.</param>
    /// <param name="kind">Null where it was told already that it is not carried.</param>
    internal void ReadTerminator(EnvoyMessage matcher, SanKind? kind)
    {
        if (matcher.Text("exact") is not { } exact || kind is null)
        {
            return;
        }

        var isSpiffe = kind != SanKind.Host && exact.Value.StartsWith(Spiffe, StringComparison.Ordinal);
        if (Host is not null || SpiffeId is not null)
        {
            matcher.NotCarried(exact, "is not carried: one name is");
        }
        else if (isSpiffe)
        {
            SpiffeId = exact;
        }
        else if (kind == SanKind.Uri)
        {
            matcher.NotCarried(exact, "is no SPIFFE id", $"{Spiffe}…");
        }
        else
        {
            Host = exact;
        }
    }

    /// <inheritdoc cref="ReadTerminator"/>
    internal void ReadClient(EnvoyMessage matcher, SanKind? kind)
    {
        if (matcher.Text("prefix") is not { } prefix || kind is null)
        {
            return;
        }

        var domain = prefix.Value.StartsWith(Spiffe, StringComparison.Ordinal) ? prefix.Value[Spiffe.Length..] : "";
        if (kind == SanKind.Host || TrustDomain is not null || !domain.EndsWith('/'))
        {
            matcher.NotCarried(prefix, "is not carried: of clients one SPIFFE trust domain is", $"{Spiffe}DOMAIN/");
            return;
        }

        TrustDomain = prefix with { Value = domain[..^1] };
    }
}
