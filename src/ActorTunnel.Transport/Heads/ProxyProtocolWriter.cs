using System.Text;

namespace ActorTunnel.Transport.Heads;

/// <summary>Writes the PROXY protocol header that goes to an origin before the tunnel's first byte.</summary>
public static class ProxyProtocolWriter
{
    /// <summary>The whole header: at most 107 bytes in version 1, 52 in version 2.</summary>
    public static ReadOnlyMemory<byte> Write(ProxyHeader header, ProxyProtocolVersion version)
    {
        if (version == ProxyProtocolVersion.V1)
        {
            return Encoding.ASCII.GetBytes(ProxyProtocolV1.Write(header));
        }

        var bytes = new byte[ProxyProtocolV2.MaxWritten];
        return bytes.AsMemory(0, ProxyProtocolV2.Write(header, bytes));
    }
}
