using System.Runtime.InteropServices;
using ActorTunnel.Http2.Hpack;

namespace ActorTunnel.Http2.Session;

/// <summary>Whether a header list is a well-formed response (RFC 9113 §8.2, §8.3.2).</summary>
internal static class ResponseShape
{
    // HTTP/2 has no 101 (RFC 9113 §8.6).
    private const int SwitchingProtocols = 101;

    /// <summary>Null, or what is wrong.</summary>
    /// <param name="fields">The list.</param>
    /// <param name="status">The status, 100 to 599.</param>
    public static string? Check(List<HeaderField> fields, out int status)
    {
        status = 0;
        var regularSeen = false;
        foreach (ref readonly var field in CollectionsMarshal.AsSpan(fields))
        {
            if (!FieldRules.IsPseudo(field))
            {
                regularSeen = true;
                if (FieldRules.CheckRegular(field) is { } error)
                {
                    return error;
                }

                continue;
            }

            if (field.Name != ":status")
            {
                return "an unknown pseudo-header field";
            }

            if (regularSeen || status != 0)
            {
                return regularSeen ? "a pseudo-header field after a regular one" : "a pseudo-header field that comes twice";
            }

            if (!TryParse(field.Value, out status))
            {
                return "an illegal :status";
            }
        }

        return status == 0 ? "a response without :status" : null;
    }

    private static bool TryParse(string value, out int status)
    {
        status = 0;
        if (value.Length != 3)
        {
            return false;
        }

        foreach (var digit in value)
        {
            if (!char.IsAsciiDigit(digit))
            {
                return false;
            }

            status = (status * 10) + (digit - '0');
        }

        return status is >= 100 and <= 599 and not SwitchingProtocols;
    }
}
