using System.Runtime.InteropServices;
using ActorTunnel.Http2.Hpack;

namespace ActorTunnel.Http2.Session;

/// <summary>
/// Whether a header list is a well-formed request (RFC 9113 §8.2, §8.3.1, §8.5; RFC 8441 §4). What the values mean (an authority's
/// grammar, a path's) is the caller's business. Content-length is not compared with DATA: it has no meaning on a CONNECT (RFC 9110
/// §9.3.6), and no other method is served.
/// </summary>
internal struct RequestShape
{
    private string? _method;
    private string? _scheme;
    private string? _authority;
    private string? _path;
    private string? _protocol;

    /// <summary>Null, or what is wrong.</summary>
    /// <param name="fields">The list.</param>
    /// <param name="allowProtocol">Whether we announced ENABLE_CONNECT_PROTOCOL.</param>
    /// <param name="isConnect">Whether the stream becomes a tunnel when it is accepted, so that nothing but DATA may follow.</param>
    public static string? Check(List<HeaderField> fields, bool allowProtocol, out bool isConnect)
    {
        var shape = default(RequestShape);
        isConnect = false;
        var regularSeen = false;
        foreach (ref readonly var field in CollectionsMarshal.AsSpan(fields))
        {
            var error = FieldRules.IsPseudo(field)
                ? regularSeen ? "a pseudo-header field after a regular one" : shape.TakePseudo(field)
                : FieldRules.CheckRegular(field);
            if (error is not null)
            {
                return error;
            }

            regularSeen |= !FieldRules.IsPseudo(field);
        }

        isConnect = shape._method == "CONNECT";
        return shape.CheckSet(allowProtocol);
    }

    private static string? Set(ref string? slot, HeaderField field)
    {
        if (slot is not null)
        {
            return "a pseudo-header field that comes twice";
        }

        slot = field.Value;
        return FieldRules.CheckValue(field);
    }

    private string? TakePseudo(HeaderField field) => field.Name switch
    {
        ":method" => Set(ref _method, field),
        ":scheme" => Set(ref _scheme, field),
        ":authority" => Set(ref _authority, field),
        ":path" => Set(ref _path, field),
        ":protocol" => Set(ref _protocol, field),
        _ => "an unknown pseudo-header field",
    };

    private readonly string? CheckSet(bool allowProtocol)
    {
        if (string.IsNullOrEmpty(_method))
        {
            return "a request without :method";
        }

        if (_protocol is not null && (!allowProtocol || _method != "CONNECT"))
        {
            return ":protocol where it is not allowed";
        }

        if (_method == "CONNECT" && _protocol is null)
        {
            if (_scheme is not null || _path is not null)
            {
                return "CONNECT with :scheme or :path";
            }

            return _authority is null ? "CONNECT without :authority" : null;
        }

        if (string.IsNullOrEmpty(_scheme) || string.IsNullOrEmpty(_path))
        {
            return "a request without :scheme or :path";
        }

        return _protocol is not null && _authority is null ? "extended CONNECT without :authority" : null;
    }
}
