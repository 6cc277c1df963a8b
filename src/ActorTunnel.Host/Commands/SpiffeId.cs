using System.Buffers;

namespace ActorTunnel.Host.Commands;

/// <summary>The syntax of a SPIFFE id, <c>spiffe://trust-domain/path</c> (SPIFFE-ID §2).</summary>
internal static class SpiffeId
{
    private const string Scheme = "spiffe://";
    private const int MaxLength = 2_048;
    private const int MaxTrustDomainLength = 255;

    private static readonly SearchValues<char> TrustDomainCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-_");
    private static readonly SearchValues<char> PathCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");

    /// <summary>Null for a SPIFFE id, else one short phrase.</summary>
    public static string? ProblemOf(string text)
    {
        if (!text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return "a SPIFFE id begins with spiffe://";
        }

        if (text.Length > MaxLength)
        {
            return "a SPIFFE id has at most 2048 characters";
        }

        var rest = text.AsSpan(Scheme.Length);
        var slash = rest.IndexOf('/');
        var trustDomain = slash < 0 ? rest : rest[..slash];
        if (trustDomain.Length is 0 or > MaxTrustDomainLength || trustDomain.ContainsAnyExcept(TrustDomainCharacters))
        {
            return "the trust domain is 1 to 255 lower-case letters, digits, '.', '-' and '_'";
        }

        if (slash < 0)
        {
            return null;
        }

        var path = rest[(slash + 1)..];
        foreach (var range in path.Split('/'))
        {
            var segment = path[range];
            if (segment is "" or "." or ".." || segment.ContainsAnyExcept(PathCharacters))
            {
                return "the path is segments of letters, digits, '.', '-' and '_', none empty, '.' or '..'";
            }
        }

        return null;
    }
}
