using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace ActorTunnel.Transport.Heads;

/// <summary>Which of the protocols that are served here a TLS client offers by ALPN (RFC 7301).</summary>
[Flags]
public enum OfferedProtocols
{
    /// <summary>Only names of others.</summary>
    None = 0,

    /// <summary><c>h2</c></summary>
    Http2 = 1,

    /// <summary><c>http/1.1</c></summary>
    Http11 = 2,
}

/// <summary>What a TLS client asks for.</summary>
/// <param name="ServerName">
/// The host name of the server_name extension (RFC 6066 §3) octet by octet, not yet checked to be a host name; null where there is none. Under
/// Encrypted Client Hello this is the outer name.
/// </param>
/// <param name="Offered">What it offers by ALPN, in whichever order; null where it has no ALPN.</param>
public sealed record ClientHello(string? ServerName, OfferedProtocols? Offered = null);

/// <summary>
/// Looks at a TLS ClientHello (RFC 8446 §4.1.2; the same shape since TLS 1.0) without consuming it. The hello may lie in any number of records and may come in any
/// pieces. Extensions other than server_name and ALPN are skipped, and names in these that are not known, GREASE (RFC 8701) among them.
/// </summary>
public static class ClientHelloReader
{
    /// <summary>Longest hello, records' headers included. Real ones, post-quantum key shares included, stay under 4 KiB.</summary>
    public const int MaxBytes = 16 * 1024;

    private const byte HandshakeRecord = 22;
    private const byte ClientHelloMessage = 1;
    private const byte MajorVersion = 3;
    private const int RecordHeader = 5;
    private const int MessageHeader = 4;
    private const int MaxFragment = 16 * 1024;
    private const int RandomLength = 32;
    private const int MaxSessionId = 32;
    private const ushort ServerNameExtension = 0;
    private const byte HostNameType = 0;
    private const ushort ProtocolsExtension = 16;

    private const string TooLarge = "the TLS hello is larger than 16 KiB";
    private const string Malformed = "the TLS hello is malformed";

    /// <summary>Whether these bytes, one or more, may begin a hello; else the peer speaks another protocol than TLS.</summary>
    public static bool MayBegin(ReadOnlySpan<byte> bytes) => bytes.IsEmpty || bytes[0] == HandshakeRecord;

    /// <summary>Nothing is consumed: the whole hello goes to the origin.</summary>
    public static HeadParse<ClientHello> Read(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, MaxBytes)];
        var buffer = ArrayPool<byte>.Shared.Rent(MaxBytes);
        try
        {
            var problem = Gather(bytes, buffer, out var gathered);
            if (problem is not null)
            {
                return HeadParse.Invalid<ClientHello>(problem);
            }

            var message = buffer.AsSpan(0, gathered);
            return IsWhole(message, out var body) ? ReadBody(body)
                : bytes.Length == MaxBytes ? HeadParse.Invalid<ClientHello>(TooLarge)
                : HeadParse.Incomplete<ClientHello>();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Puts the fragments of the records' handshake message together, up to its end. Null, or the first thing that is wrong.</summary>
    private static string? Gather(ReadOnlySpan<byte> bytes, Span<byte> message, out int gathered)
    {
        gathered = 0;
        while (!bytes.IsEmpty && !IsWhole(message[..gathered], out _))
        {
            if (bytes[0] != HandshakeRecord)
            {
                return gathered == 0 ? "not a TLS hello" : "another record inside the TLS hello";
            }

            if (bytes.Length > 1 && bytes[1] != MajorVersion)
            {
                return "not a TLS hello";
            }

            if (bytes.Length < RecordHeader)
            {
                return null;
            }

            // RFC 8446 §5.1: neither an empty handshake fragment nor one over 2^14 octets is allowed.
            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]);
            if (length is 0 or > MaxFragment)
            {
                return "a TLS record with a length that is not allowed";
            }

            bytes = bytes[RecordHeader..];
            var fragment = bytes[..Math.Min(length, bytes.Length)];
            fragment.CopyTo(message[gathered..]);
            gathered += fragment.Length;
            bytes = bytes[fragment.Length..];
            if (ProblemOfMessage(message[..gathered]) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private static string? ProblemOfMessage(ReadOnlySpan<byte> message)
    {
        if (!message.IsEmpty && message[0] != ClientHelloMessage)
        {
            return "a TLS handshake that does not begin with a client's hello";
        }

        return message.Length >= MessageHeader && RecordHeader + MessageHeader + LengthOf(message) > MaxBytes ? TooLarge : null;
    }

    private static bool IsWhole(ReadOnlySpan<byte> message, out ReadOnlySpan<byte> body)
    {
        body = default;
        if (message.Length < MessageHeader || message.Length - MessageHeader < LengthOf(message))
        {
            return false;
        }

        body = message.Slice(MessageHeader, LengthOf(message));
        return true;
    }

    private static int LengthOf(ReadOnlySpan<byte> message) => (message[1] << 16) | (message[2] << 8) | message[3];

    private static HeadParse<ClientHello> ReadBody(ReadOnlySpan<byte> body)
    {
        var hello = new WireReader(body);
        if (!hello.TryReadByte(out var major) || major != MajorVersion || !hello.TryReadByte(out _)
            || !hello.TryRead(RandomLength, out _)
            || !hello.TryReadVector8(out var sessionId) || sessionId.Length > MaxSessionId
            || !hello.TryReadVector16(out var ciphers) || ciphers.Length < 2 || ciphers.Length % 2 != 0
            || !hello.TryReadVector8(out var compressions) || compressions.IsEmpty)
        {
            return HeadParse.Invalid<ClientHello>(Malformed);
        }

        if (hello.IsEmpty)
        {
            return HeadParse.Complete(new ClientHello(null), 0); // Before TLS 1.3 there may be no extensions at all.
        }

        return hello.TryReadVector16(out var extensions) && hello.IsEmpty && TryReadExtensions(extensions, out var name, out var offered)
            ? HeadParse.Complete(new ClientHello(name, offered), 0)
            : HeadParse.Invalid<ClientHello>(Malformed);
    }

    private static bool TryReadExtensions(ReadOnlySpan<byte> bytes, out string? name, out OfferedProtocols? offered)
    {
        name = null;
        offered = null;
        var extensions = new WireReader(bytes);
        while (!extensions.IsEmpty)
        {
            if (!extensions.TryReadUInt16(out var type) || !extensions.TryReadVector16(out var data))
            {
                return false;
            }

            // A second extension of a type would let two readers of one hello see two things.
            if ((type == ServerNameExtension && (name is not null || !TryReadServerNames(data, out name)))
                || (type == ProtocolsExtension && (offered is not null || !TryReadProtocols(data, out offered))))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>RFC 7301 §3.1: one name or more, none of them empty.</summary>
    private static bool TryReadProtocols(ReadOnlySpan<byte> data, out OfferedProtocols? offered)
    {
        offered = null;
        var extension = new WireReader(data);
        if (!extension.TryReadVector16(out var list) || !extension.IsEmpty || list.IsEmpty)
        {
            return false;
        }

        var known = OfferedProtocols.None;
        var names = new WireReader(list);
        while (!names.IsEmpty)
        {
            if (!names.TryReadVector8(out var name) || name.IsEmpty)
            {
                return false;
            }

            known |= name.SequenceEqual("h2"u8) ? OfferedProtocols.Http2
                : name.SequenceEqual("http/1.1"u8) ? OfferedProtocols.Http11
                : OfferedProtocols.None;
        }

        offered = known;
        return true;
    }

    /// <summary>RFC 6066 §3: at most one name a type. Types other than host_name, of which none is defined, are skipped, and a list without a host_name is refused.</summary>
    private static bool TryReadServerNames(ReadOnlySpan<byte> data, out string? name)
    {
        name = null;
        var extension = new WireReader(data);
        if (!extension.TryReadVector16(out var list) || !extension.IsEmpty)
        {
            return false;
        }

        var names = new WireReader(list);
        while (!names.IsEmpty)
        {
            if (!names.TryReadByte(out var type) || !names.TryReadVector16(out var value) || value.IsEmpty)
            {
                return false;
            }

            if (type != HostNameType)
            {
                continue;
            }

            if (name is not null)
            {
                return false;
            }

            name = Encoding.Latin1.GetString(value);
        }

        return name is not null;
    }
}
