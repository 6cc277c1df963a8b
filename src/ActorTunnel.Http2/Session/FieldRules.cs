using System.Buffers;
using ActorTunnel.Http2.Hpack;

namespace ActorTunnel.Http2.Session;

/// <summary>The rules of RFC 9113 §8.2 that hold for every field of every message. Each answer is null, or what is wrong.</summary>
internal static class FieldRules
{
    // §8.2.1: no control bytes, space, upper case, DEL or non-ASCII, and a colon only in front of a pseudo-header field.
    private static readonly SearchValues<char> NameChars = SearchValues.Create(
        "!\"#$%&'()*+,-./0123456789;<=>?@[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    private static readonly SearchValues<char> ForbiddenInValue = SearchValues.Create("\0\r\n");

    public static bool IsPseudo(HeaderField field) => field.Name.StartsWith(':');

    /// <summary>A field that is no pseudo-header field.</summary>
    public static string? CheckRegular(HeaderField field)
    {
        if (field.Name.Length == 0 || field.Name.AsSpan().ContainsAnyExcept(NameChars))
        {
            return "an illegal character in a field name";
        }

        // §8.2.2
        return field.Name switch
        {
            "connection" or "keep-alive" or "proxy-connection" or "transfer-encoding" or "upgrade" => "a connection-specific field",
            "te" when field.Value != "trailers" => "te with another value than trailers",
            _ => CheckValue(field),
        };
    }

    public static string? CheckValue(HeaderField field)
    {
        var value = field.Value.AsSpan();
        if (value.ContainsAny(ForbiddenInValue))
        {
            return "an illegal character in a field value";
        }

        return value.Length > 0 && (value[0] is ' ' or '\t' || value[^1] is ' ' or '\t')
            ? "white space around a field value"
            : null;
    }
}
