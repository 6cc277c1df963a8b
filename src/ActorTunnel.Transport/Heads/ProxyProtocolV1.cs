using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ActorTunnel.Transport.Heads;

/// <summary>
/// Version 1: <c>PROXY TCP4 192.0.2.1 192.0.2.2 1234 443</c> and CRLF, with exactly one blank between the words; <c>TCP6</c> likewise; or
/// <c>PROXY UNKNOWN</c> and anything up to CRLF.
/// </summary>
internal static class ProxyProtocolV1
{
    /// <summary>Longest line, its CRLF included.</summary>
    public const int MaxBytes = 107;

    private const int Words = 6;

    private static readonly SearchValues<char> IPv6Characters = SearchValues.Create("0123456789abcdefABCDEF:.");

    public static ReadOnlySpan<byte> Signature => "PROXY "u8;

    public static HeadParse<ProxyHeader> Read(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, MaxBytes)];
        if (!ProxyProtocolReader.MayBegin(bytes, Signature))
        {
            return HeadParse.Invalid<ProxyHeader>("no PROXY header");
        }

        var end = bytes.IndexOfAny((byte)'\r', (byte)'\n');
        if (end < 0 || (bytes[end] == '\r' && end + 1 == bytes.Length))
        {
            return bytes.Length == MaxBytes
                ? HeadParse.Invalid<ProxyHeader>("the PROXY line is longer than 107 bytes")
                : HeadParse.Incomplete<ProxyHeader>();
        }

        if (bytes[end] == '\n' || bytes[end + 1] != '\n')
        {
            return HeadParse.Invalid<ProxyHeader>("the PROXY line does not end with CRLF");
        }

        Span<char> line = stackalloc char[end];
        Encoding.Latin1.GetChars(bytes[..end], line);
        return ReadLine(line[Signature.Length..]) is { } header
            ? HeadParse.Complete(header, end + 2)
            : HeadParse.Invalid<ProxyHeader>("the PROXY line is malformed");
    }

    public static string Write(ProxyHeader header)
    {
        if (header.Source is not { } source || header.Destination is not { } destination)
        {
            return "PROXY UNKNOWN\r\n";
        }

        var family = source.AddressFamily == AddressFamily.InterNetwork ? "TCP4" : "TCP6";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"PROXY {family} {Text(source.Address)} {Text(destination.Address)} {source.Port} {destination.Port}\r\n");
    }

    /// <summary>The words after PROXY.</summary>
    private static ProxyHeader? ReadLine(ReadOnlySpan<char> line)
    {
        if (line.SequenceEqual("UNKNOWN") || line.StartsWith("UNKNOWN "))
        {
            return ProxyHeader.Unknown;
        }

        Span<Range> words = stackalloc Range[Words];
        if (line.Split(words, ' ') != Words - 1)
        {
            return null;
        }

        var isV4 = line[words[0]].SequenceEqual("TCP4");
        return (isV4 || line[words[0]].SequenceEqual("TCP6"))
            && ReadAddress(line[words[1]], isV4) is { } source
            && ReadAddress(line[words[2]], isV4) is { } destination
            && ReadNumber(line[words[3]], ushort.MaxValue) is { } sourcePort
            && ReadNumber(line[words[4]], ushort.MaxValue) is { } destinationPort
            ? new ProxyHeader(new IPEndPoint(source, sourcePort), new IPEndPoint(destination, destinationPort))
            : null;
    }

    private static IPAddress? ReadAddress(ReadOnlySpan<char> text, bool isV4)
    {
        if (isV4)
        {
            return ReadIPv4(text);
        }

        // The base library also takes zones, brackets with ports, and a tail of octets with leading zeros.
        if (text.ContainsAnyExcept(IPv6Characters))
        {
            return null;
        }

        var tail = text[(text.LastIndexOf(':') + 1)..];
        return (tail.Contains('.') && ReadIPv4(tail) is null)
            || !IPAddress.TryParse(text, out var address)
            || address.AddressFamily != AddressFamily.InterNetworkV6 ? null : address;
    }

    private static IPAddress? ReadIPv4(ReadOnlySpan<char> text)
    {
        Span<Range> octets = stackalloc Range[5];
        if (text.Split(octets, '.') != 4)
        {
            return null;
        }

        Span<byte> address = stackalloc byte[4];
        for (var i = 0; i < 4; i++)
        {
            if (ReadNumber(text[octets[i]], byte.MaxValue) is not { } octet)
            {
                return null;
            }

            address[i] = (byte)octet;
        }

        return new IPAddress(address);
    }

    /// <summary>Decimal digits without leading zeros, 0 to <paramref name="max"/>.</summary>
    private static int? ReadNumber(ReadOnlySpan<char> text, int max)
    {
        if (text.Length is 0 or > 5 || (text.Length > 1 && text[0] == '0'))
        {
            return null;
        }

        var number = 0;
        foreach (var digit in text)
        {
            if (digit is < '0' or > '9')
            {
                return null;
            }

            number = (number * 10) + digit - '0';
        }

        return number <= max ? number : null;
    }

    /// <summary>
    /// IPv6 as eight plain groups: version 1 knows no zone and no dotted tail, and with either of them two addresses do not fit into the line.
    /// </summary>
    private static string Text(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return address.ToString();
        }

        var octets = address.GetAddressBytes();
        return string.Join(':', Enumerable.Range(0, 8).Select(i => ((octets[2 * i] << 8) | octets[(2 * i) + 1]).ToString("x", CultureInfo.InvariantCulture)));
    }
}
