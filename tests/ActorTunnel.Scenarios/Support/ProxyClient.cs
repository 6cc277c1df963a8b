using System.Net.Security;
using System.Text;

namespace ActorTunnel.Scenarios.Support;

/// <summary>A connection whose ends a story chooses and checks, with TLS or without.</summary>
internal interface IProxyClient : IDisposable
{
    Task SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>A clean end: FIN, with close_notify in front of it where there is TLS.</summary>
    Task SendEndAsync();

    /// <summary>Closes with a reset.</summary>
    void Reset();

    Task<byte[]> ReceiveAsync(int count);

    Task<(byte[] Bytes, PeerEnd End)> ReceiveToEndAsync();
}

/// <summary>Clients that ask a terminator for a tunnel by HTTP/1.1.</summary>
internal static class ProxyClient
{
    public const string Request = "CONNECT a.example:8443 HTTP/1.1\r\nHost: a.example:8443\r\n\r\n";
    public const string Established = "HTTP/1.1 200 OK\r\n\r\n";

    /// <summary>Connected, nothing asked yet.</summary>
    public static async Task<IProxyClient> ConnectAsync(StoryNode terminator, Security security) => security == Security.Cleartext
        ? await Peer.ConnectAsync(terminator.AddressOf("connect-in"))
        : await TlsPeer.ConnectAsync(terminator.AddressOf("connect-in"), SslApplicationProtocol.Http11);

    /// <summary>A tunnel to wherever the terminator's routes lead.</summary>
    public static async Task<IProxyClient> OpenAsync(StoryNode terminator, Security security)
    {
        var client = await ConnectAsync(terminator, security);
        await client.SendAsync(Ascii(Request));
        Assert.Equal(Established, Encoding.ASCII.GetString(await client.ReceiveAsync(Established.Length)));
        return client;
    }

    public static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    /// <summary>Everything up to a clean end.</summary>
    public static async Task<string> TextToEndAsync(this IProxyClient client)
    {
        var (bytes, end) = await client.ReceiveToEndAsync();
        Assert.Equal(PeerEnd.Fin, end);
        return Encoding.ASCII.GetString(bytes);
    }

    /// <summary>Sends all of it, and a clean end, while the other side takes exactly that.</summary>
    public static async Task PassAsync(IProxyClient from, IProxyClient to, byte[] bytes)
    {
        var receiving = to.ReceiveToEndAsync();
        await from.SendAsync(bytes).InTime();
        await from.SendEndAsync();
        var (received, end) = await receiving;
        Assert.Equal(PeerEnd.Fin, end);
        Assert.True(bytes.AsSpan().SequenceEqual(received), $"{received.Length} bytes came that differ from the {bytes.Length} sent");
    }

    /// <summary>Sends all of it and resets, while the other side sees a reset behind a prefix of that.</summary>
    public static async Task CutAsync(IProxyClient from, IProxyClient to, byte[] bytes, Action? cut = null)
    {
        var receiving = to.ReceiveToEndAsync();
        await from.SendAsync(bytes).InTime();
        (cut ?? from.Reset)();
        var (received, end) = await receiving;
        Assert.Equal(PeerEnd.Reset, end);
        Assert.True(bytes.AsSpan().StartsWith(received), "what came before the reset was not sent so");
    }
}
