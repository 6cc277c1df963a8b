using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace ActorTunnel.Transport.Heads;

/// <summary>
/// Version 2: 12 octets of signature, version and command, family and transport, length; then addresses and type-length-value triples, all in network byte order.
/// </summary>
internal static class ProxyProtocolV2
{
    /// <summary>Longest header that is read. The length field would allow 64 KiB; certificates that a proxy passes on fit into this.</summary>
    public const int MaxBytes = 4 * 1024;

    /// <summary>Longest header that is written.</summary>
    public const int MaxWritten = FixedLength + IPv6Addresses;

    private const int FixedLength = 16;
    private const int IPv4Addresses = 12;
    private const int IPv6Addresses = 36;
    private const int UnixAddresses = 216;
    private const byte Local = 0x20;
    private const byte Proxy = 0x21;
    private const byte Tcp4 = 0x11;
    private const byte Tcp6 = 0x21;
    private const byte UnixStream = 0x31;
    private const byte Unspecified = 0;
    private const byte Crc32CType = 0x03;

    public static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    public static HeadParse<ProxyHeader> Read(ReadOnlySpan<byte> bytes)
    {
        if (!ProxyProtocolReader.MayBegin(bytes, Signature))
        {
            return HeadParse.Invalid<ProxyHeader>("no PROXY header");
        }

        if (bytes.Length > Signature.Length && bytes[Signature.Length] is not (Local or Proxy))
        {
            return HeadParse.Invalid<ProxyHeader>("a PROXY header of another version or with an unknown command");
        }

        if (bytes.Length < FixedLength)
        {
            return HeadParse.Incomplete<ProxyHeader>();
        }

        var length = FixedLength + BinaryPrimitives.ReadUInt16BigEndian(bytes[(FixedLength - 2)..]);
        if (length > MaxBytes)
        {
            return HeadParse.Invalid<ProxyHeader>("the PROXY header is larger than 4 KiB");
        }

        if (bytes.Length < length)
        {
            return HeadParse.Incomplete<ProxyHeader>();
        }

        return ReadWhole(bytes[..length], out var problem) is { } header
            ? HeadParse.Complete(header, length)
            : HeadParse.Invalid<ProxyHeader>(problem);
    }

    /// <summary>Into at least <see cref="MaxWritten"/> bytes; returns the header's length.</summary>
    public static int Write(ProxyHeader header, Span<byte> bytes)
    {
        Signature.CopyTo(bytes);
        if (header.Source is not { } source || header.Destination is not { } destination)
        {
            // Every receiver has to take LOCAL, while some refuse a relayed connection of an unspecified family.
            bytes[12] = Local;
            bytes[13] = Unspecified;
            BinaryPrimitives.WriteUInt16BigEndian(bytes[14..], 0);
            return FixedLength;
        }

        var isV4 = source.AddressFamily == AddressFamily.InterNetwork;
        var size = isV4 ? 4 : 16;
        var addresses = isV4 ? IPv4Addresses : IPv6Addresses;
        bytes[12] = Proxy;
        bytes[13] = isV4 ? Tcp4 : Tcp6;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[14..], (ushort)addresses);
        source.Address.TryWriteBytes(bytes[FixedLength..], out _);
        destination.Address.TryWriteBytes(bytes[(FixedLength + size)..], out _);
        var ports = bytes[(FixedLength + (2 * size))..];
        BinaryPrimitives.WriteUInt16BigEndian(ports, (ushort)source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(ports[2..], (ushort)destination.Port);
        return FixedLength + addresses;
    }

    private static ProxyHeader? ReadWhole(ReadOnlySpan<byte> header, out string problem)
    {
        problem = "the PROXY header is malformed";
        var block = header[FixedLength..];
        // Whatever goes with LOCAL or with no family has no defined form and is discarded.
        if (header[12] == Local || header[13] == Unspecified)
        {
            return ProxyHeader.Unknown;
        }

        var addresses = header[13] switch
        {
            Tcp4 => IPv4Addresses,
            Tcp6 => IPv6Addresses,
            UnixStream => UnixAddresses,
            _ => int.MaxValue,
        };
        if (addresses == int.MaxValue)
        {
            problem = "a PROXY header of a family or transport that has no place here";
            return null;
        }

        if (block.Length < addresses || !CheckTriples(header, FixedLength + addresses, ref problem))
        {
            return null;
        }

        // Paths of Unix sockets say nothing to whoever asks for an address.
        return header[13] == UnixStream ? ProxyHeader.Unknown : ReadAddresses(block, header[13] == Tcp4 ? 4 : 16);
    }

    private static ProxyHeader ReadAddresses(ReadOnlySpan<byte> block, int size)
    {
        var ports = block[(2 * size)..];
        return new ProxyHeader(
            new IPEndPoint(new IPAddress(block[..size]), BinaryPrimitives.ReadUInt16BigEndian(ports)),
            new IPEndPoint(new IPAddress(block.Slice(size, size)), BinaryPrimitives.ReadUInt16BigEndian(ports[2..])));
    }

    /// <summary>All triples have to fit, a checksum has to be right; everything else in them is skipped.</summary>
    private static bool CheckTriples(ReadOnlySpan<byte> header, int start, ref string problem)
    {
        var triples = new WireReader(header[start..]);
        var checksumSeen = false;
        while (!triples.IsEmpty)
        {
            if (!triples.TryReadByte(out var type) || !triples.TryReadVector16(out var value))
            {
                return false;
            }

            if (type != Crc32CType)
            {
                continue;
            }

            if (checksumSeen || value.Length != sizeof(uint))
            {
                return false;
            }

            checksumSeen = true;
            if (Checksum(header, header.Length - triples.Remaining - sizeof(uint)) != BinaryPrimitives.ReadUInt32BigEndian(value))
            {
                problem = "the checksum of the PROXY header is wrong";
                return false;
            }
        }

        return true;
    }

    /// <summary>CRC-32C (RFC 9260 Appendix A) of the whole header with the checksum's own octets as zeros.</summary>
    private static uint Checksum(ReadOnlySpan<byte> header, int at)
    {
        var crc = uint.MaxValue;
        for (var i = 0; i < header.Length; i++)
        {
            crc = BitOperations.Crc32C(crc, i >= at && i < at + sizeof(uint) ? (byte)0 : header[i]);
        }

        return ~crc;
    }
}
