using System.Text;

namespace ActorTunnel.Transport.Heads;

/// <summary>What an HTTP/1.1 client asked of a proxy that serves CONNECT alone.</summary>
public abstract record Http1Request
{
    /// <param name="Authority">The request target as it was sent: visible ASCII, not yet checked to be an authority.</param>
    public sealed record Connect(string Authority) : Http1Request;

    /// <summary>To be answered, after which the connection is closed: nothing that follows on it can be trusted to be a request.</summary>
    /// <param name="Status">The answer's status.</param>
    /// <param name="Detail">A short phrase that repeats nothing of the request.</param>
    public sealed record Refused(int Status, string Detail) : Http1Request;
}

/// <summary>
/// Reads one request head (RFC 9112 §2 to §5) strictly: CRLF only, one blank between the parts of the request line, no empty line in front, no blank before a colon, no
/// folded lines. HTTP/1.0 is served too, and may come without Host, because widespread clients open tunnels with it (Python before 3.12, netcat).
/// Bytes after the head are the tunnel's.
/// </summary>
public static class Http1ConnectReader
{
    /// <summary>Longest head, with its last empty line.</summary>
    public const int MaxBytes = 16 * 1024;

    /// <summary>Most field lines.</summary>
    public const int MaxFields = 64;

    private const byte TlsHandshakeRecord = 22;

    private enum Line
    {
        Whole,
        Partial,
        Broken,
    }

    private static ReadOnlySpan<byte> Http2Preface => "PRI * HTTP/2.0\r\n"u8;

    /// <summary>
    /// Complete for what can be answered, refusals included; Invalid where the peer does not speak HTTP/1 and could not read an answer.
    /// </summary>
    public static HeadParse<Http1Request> Read(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, MaxBytes)];
        if (NotHttp1(bytes) is { } other)
        {
            return HeadParse.Invalid<Http1Request>(other);
        }

        var rest = bytes;
        switch (TakeLine(ref rest, out var requestLine))
        {
            case Line.Broken:
                return Refuse(400, "a line of the request does not end with CRLF");
            case Line.Partial when bytes.Length == MaxBytes:
                return Refuse(414, "the request line is too long");
            case Line.Partial:
                return HeadParse.Incomplete<Http1Request>();
        }

        var request = default(RequestHead);
        if (request.TakeRequestLine(requestLine) is { } problem)
        {
            return Refuse(400, problem);
        }

        for (var count = 0; ; count++)
        {
            switch (TakeLine(ref rest, out var line))
            {
                case Line.Broken:
                    return Refuse(400, "a line of the request does not end with CRLF");
                case Line.Partial when bytes.Length == MaxBytes:
                    return Refuse(431, "the header fields are too large");
                case Line.Partial:
                    return HeadParse.Incomplete<Http1Request>();
                case Line.Whole when line.IsEmpty:
                    return request.Refusal() is { } refusal
                        ? HeadParse.Complete<Http1Request>(refusal, 0)
                        : HeadParse.Complete<Http1Request>(new Http1Request.Connect(Encoding.ASCII.GetString(request.Target)), bytes.Length - rest.Length);
            }

            if (count == MaxFields)
            {
                return Refuse(431, "there are too many header fields");
            }

            if (request.TakeField(line) is { } fieldProblem)
            {
                return Refuse(400, fieldProblem);
            }
        }
    }

    private static string? NotHttp1(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith(Http2Preface))
        {
            return "an HTTP/2 preface where HTTP/1.1 was expected";
        }

        // A blank or an empty line in front is bad HTTP; any other octet that begins no method is no HTTP at all.
        return bytes.IsEmpty || HttpCharacters.IsToken(bytes[0]) || bytes[0] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' ? null
            : bytes[0] == TlsHandshakeRecord ? "a TLS hello where HTTP/1.1 was expected"
            : "not an HTTP/1.1 request";
    }

    private static HeadParse<Http1Request> Refuse(int status, string detail) =>
        HeadParse.Complete<Http1Request>(new Http1Request.Refused(status, detail), 0);

    /// <summary>A lone CR or LF breaks the line (RFC 9112 §2.2): whoever takes it for a line's end reads another request than we do.</summary>
    private static Line TakeLine(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> line)
    {
        line = default;
        var end = rest.IndexOfAny((byte)'\r', (byte)'\n');
        if (end < 0 || (rest[end] == '\r' && end + 1 == rest.Length))
        {
            return Line.Partial;
        }

        if (rest[end] == '\n' || rest[end + 1] != '\n')
        {
            return Line.Broken;
        }

        line = rest[..end];
        rest = rest[(end + 2)..];
        return Line.Whole;
    }

    /// <summary>The lines read so far; what needs the whole head is decided at its end.</summary>
    private ref struct RequestHead
    {
        private ReadOnlySpan<byte> _method;
        private ReadOnlySpan<byte> _version;
        private ReadOnlySpan<byte> _host;
        private bool _hasHost;
        private bool _hasFraming;

        public ReadOnlySpan<byte> Target { get; private set; }

        /// <summary>Null, or why the answer is 400.</summary>
        public string? TakeRequestLine(ReadOnlySpan<byte> line)
        {
            var first = line.IndexOf((byte)' ');
            var last = line.LastIndexOf((byte)' ');
            if (first < 0 || first == last)
            {
                return "the request line has not three parts";
            }

            _method = line[..first];
            Target = line[(first + 1)..last];
            _version = line[(last + 1)..];
            if (!HttpCharacters.IsToken(_method))
            {
                return "the method is no token";
            }

            if (!HttpCharacters.IsVisible(Target))
            {
                return "the request target holds a blank or a character that is not ASCII";
            }

            return _version is [(byte)'H', (byte)'T', (byte)'T', (byte)'P', (byte)'/', >= (byte)'0' and <= (byte)'9', (byte)'.', >= (byte)'0' and <= (byte)'9']
                ? null
                : "the request line does not end with an HTTP version";
        }

        /// <summary>Null, or why the answer is 400.</summary>
        public string? TakeField(ReadOnlySpan<byte> line)
        {
            if (line[0] is (byte)' ' or (byte)'\t')
            {
                return "a header field is folded over two lines";
            }

            var colon = line.IndexOf((byte)':');
            if (colon < 0 || !HttpCharacters.IsToken(line[..colon]))
            {
                return "a line is no header field";
            }

            var value = line[(colon + 1)..].Trim(" \t"u8);
            if (!HttpCharacters.IsFieldContent(value))
            {
                return "a header field holds a control character";
            }

            var name = line[..colon];
            if (Ascii.EqualsIgnoreCase(name, "host"u8))
            {
                if (_hasHost)
                {
                    return "there is more than one Host";
                }

                _hasHost = true;
                _host = value;
            }

            _hasFraming |= Ascii.EqualsIgnoreCase(name, "content-length"u8) || Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8);
            return null;
        }

        /// <summary>Null for a CONNECT to be served. Method and version first: what is wrong beyond them is no news to such a client.</summary>
        public readonly Http1Request.Refused? Refusal()
        {
            var isOld = _version.SequenceEqual("HTTP/1.0"u8);
            if (!isOld && !_version.SequenceEqual("HTTP/1.1"u8))
            {
                return new Http1Request.Refused(505, "only HTTP/1.1 is served here");
            }

            if (!_method.SequenceEqual("CONNECT"u8))
            {
                return new Http1Request.Refused(405, "only CONNECT is served here");
            }

            // RFC 9110 §9.3.6: a CONNECT has no content. Who frames some would see it arrive as the tunnel's first bytes.
            if (_hasFraming)
            {
                return new Http1Request.Refused(400, "a CONNECT has no content");
            }

            if (!_hasHost && !isOld)
            {
                return new Http1Request.Refused(400, "Host is missing");
            }

            return !_hasHost || IsHostOfTarget() ? null : new Http1Request.Refused(400, "Host differs from the request target");
        }

        /// <summary>RFC 9112 §3.2: the same as the target. Java's client leaves the port out, which names no other host.</summary>
        private readonly bool IsHostOfTarget()
        {
            var colon = Target.LastIndexOf((byte)':');
            return Ascii.EqualsIgnoreCase(_host, Target) || (colon > 0 && Ascii.EqualsIgnoreCase(_host, Target[..colon]));
        }
    }
}
