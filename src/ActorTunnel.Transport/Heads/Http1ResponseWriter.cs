using System.Globalization;
using System.Text;
using ActorTunnel.Http2.Hpack;

namespace ActorTunnel.Transport.Heads;

/// <summary>Writes the answers to an HTTP/1.1 CONNECT (RFC 9112 §4).</summary>
public static class Http1ResponseWriter
{
    /// <summary>The tunnel begins with the byte after it. RFC 9110 §9.3.6: no content-length and no transfer-encoding in it.</summary>
    public static ReadOnlyMemory<byte> Established { get; } = "HTTP/1.1 200 OK\r\n\r\n"u8.ToArray();

    /// <summary>
    /// A failure after which the connection closes. A control character in a value becomes a blank (RFC 9110 §5.5), because a value may come from an HTTP/2 peer.
    /// </summary>
    /// <param name="fields">
    /// As for HTTP/2: <c>:status</c>, three digits other than 2xx, then field names in lower case. Neither content-length nor connection.
    /// </param>
    /// <param name="body">Text in ASCII; content-length is its length.</param>
    public static ReadOnlyMemory<byte> Failure(IReadOnlyList<HeaderField> fields, string body = "")
    {
        if (fields.Count == 0 || fields[0].Name != ":status" || fields[0].Value is not [>= '3' and <= '5', >= '0' and <= '9', >= '0' and <= '9'])
        {
            throw new ArgumentException("The first field must be the :status of a failure.", nameof(fields));
        }

        var text = new StringBuilder("HTTP/1.1 ").Append(fields[0].Value).Append(' ').Append(PhraseOf(fields[0].Value)).Append("\r\n");
        for (var i = 1; i < fields.Count; i++)
        {
            var name = fields[i].Name;
            if (!HttpCharacters.IsToken(Encoding.Latin1.GetBytes(name)))
            {
                throw new ArgumentException("A field name must be a token.", nameof(fields));
            }

            text.Append(name).Append(": ");
            foreach (var c in fields[i].Value)
            {
                text.Append(c is < ' ' or '\x7F' ? ' ' : c);
            }

            text.Append("\r\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"content-length: {body.Length}\r\nconnection: close\r\n\r\n").Append(body);
        return Encoding.Latin1.GetBytes(text.ToString());
    }

    /// <summary>The phrases of the statuses that we answer with; a client ignores them (RFC 9112 §4), people read them.</summary>
    private static string PhraseOf(string status) => status switch
    {
        "400" => "Bad Request",
        "403" => "Forbidden",
        "404" => "Not Found",
        "405" => "Method Not Allowed",
        "414" => "URI Too Long",
        "431" => "Request Header Fields Too Large",
        "502" => "Bad Gateway",
        "503" => "Service Unavailable",
        "504" => "Gateway Timeout",
        "505" => "HTTP Version Not Supported",
        _ => "",
    };
}
