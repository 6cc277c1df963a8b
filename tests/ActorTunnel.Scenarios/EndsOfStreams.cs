using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Scenarios.Support;
using ActorTunnel.TestSupport.Bytes;

namespace ActorTunnel.Scenarios;

/// <summary>
/// What the other end of a session makes of a stream, and what the socket behind ours sees of it, in both roles: END_STREAM and nothing else is a clean
/// end, and what comes behind it takes nothing back.
/// </summary>
public sealed class EndsOfStreams : Story
{
    private const int Short = 60_000;
    private const int Long = 4 * 1024 * 1024;
    private const int Last = 128 * 1024; // Less than a stream's window.

    /// <summary>A PING on a stream: the connection's error (RFC 9113 §6.7).</summary>
    private static readonly byte[] WrongFrame = [0, 0, 8, 6, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];

    public static readonly TheoryData<Security, bool> Roles = new()
    {
        { Security.Cleartext, true },
        { Security.Cleartext, false },
        { Security.Tls, true },
        { Security.Tls, false },
    };

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task END_STREAM_and_a_reset_behind_it_deliver_the_bytes_and_the_end(Security security, bool atTerminator)
    {
        var (node, peer, stream, reader) = await OpenAsync(security, atTerminator);
        using var _ = reader;
        var sent = Payload(atTerminator, Short);

        peer.Send(stream, sent, endStream: true, thenReset: ErrorCode.Cancel);

        await reader.ExpectToEndAsync(sent);
        await AssertEndsAsync(node, atTerminator, TunnelEndKind.Clean, Short);
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task END_STREAM_behind_4_MiB_and_a_reset_at_once_deliver_all_of_it_and_the_end(Security security, bool atTerminator)
    {
        var (_, peer, stream, reader) = await OpenAsync(security, atTerminator);
        using var _ = reader;
        var sent = Payload(atTerminator, Long);
        peer.Send(stream, sent[..^Last], endStream: false);
        Assert.Equal(sent[..^Last], await reader.ReceiveAsync(Long - Last));
        await peer.HasWindowAsync(stream, Last); // What waits for a window is dropped by a reset.

        peer.Send(stream, sent[^Last..], endStream: true, thenReset: ErrorCode.Cancel);

        await reader.ExpectToEndAsync(sent[^Last..]);
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task A_reset_without_END_STREAM_never_looks_like_an_end(Security security, bool atTerminator)
    {
        var (node, peer, stream, reader) = await OpenAsync(security, atTerminator);
        using var _ = reader;
        var sent = Payload(atTerminator, Short);

        peer.Send(stream, sent, endStream: false, thenReset: ErrorCode.Cancel);

        await reader.ExpectResetAsync(sent);
        await AssertEndsAsync(node, atTerminator, TunnelEndKind.Reset);
    }

    /// <summary>NO_ERROR in the frame says only that nobody is to blame (RFC 9113 §7).</summary>
    [Theory]
    [MemberData(nameof(Roles))]
    public async Task A_reset_with_NO_ERROR_is_no_end_either(Security security, bool atTerminator)
    {
        var (node, peer, stream, reader) = await OpenAsync(security, atTerminator);
        using var _ = reader;
        var sent = Payload(atTerminator, Short);

        peer.Send(stream, sent, endStream: false, thenReset: ErrorCode.NoError);

        await reader.ExpectResetAsync(sent);
        await AssertEndsAsync(node, atTerminator, TunnelEndKind.Reset);
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task END_STREAM_and_a_connection_error_behind_it_deliver_the_bytes_and_the_end(Security security, bool atTerminator)
    {
        var (node, peer, stream, reader) = await OpenAsync(security, atTerminator);
        using var _ = reader;
        var sent = Payload(atTerminator, Short);

        peer.Send(stream, sent, endStream: true);
        peer.SendRaw(WrongFrame);

        await reader.ExpectToEndAsync(sent);
        await AssertEndsAsync(node, atTerminator, TunnelEndKind.Clean, Short);
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task A_connection_error_without_END_STREAM_never_looks_like_an_end(Security security, bool atTerminator)
    {
        var (node, peer, stream, reader) = await OpenAsync(security, atTerminator);
        using var _ = reader;
        var sent = Payload(atTerminator, Short);

        peer.Send(stream, sent, endStream: false);
        peer.SendRaw(WrongFrame);

        await reader.ExpectResetAsync(sent);
        await AssertEndsAsync(node, atTerminator, TunnelEndKind.Reset);
    }

    /// <summary>GOAWAY promises what a session still does, and its end without END_STREAM breaks that promise.</summary>
    [Theory]
    [MemberData(nameof(Roles))]
    public async Task GOAWAY_and_the_end_of_the_connection_behind_it_are_no_end_of_a_stream(Security security, bool atTerminator)
    {
        var (node, peer, stream, reader) = await OpenAsync(security, atTerminator);
        using var _ = reader;
        var sent = Payload(atTerminator, Short);

        peer.Send(stream, sent, endStream: false);
        peer.BeginGoAway();
        await peer.SendConnectionEndAsync();

        await reader.ExpectResetAsync(sent);
        await AssertEndsAsync(node, atTerminator, TunnelEndKind.Reset);
    }

    private static byte[] Payload(bool atTerminator, int length) =>
        new BlockPayload(1, atTerminator ? TunnelDirection.ToOrigin : TunnelDirection.ToApplication).Bytes(0, length);

    /// <summary>One of our nodes with a tunnel, at whose other end is a peer that does as the story says.</summary>
    /// <returns>The node, the peer and its stream, and the node's application or origin.</returns>
    private async Task<(StoryNode Node, Http2Peer Peer, int Stream, Peer Reader)> OpenAsync(Security security, bool atTerminator)
    {
        var listener = Own(Origin.Start());
        if (atTerminator)
        {
            var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(listener.Address, security)));
            var client = Own(await Http2Peer.ConnectAsync(terminator.AddressOf("connect-in"), security: security));
            var asked = client.Open(endStream: false, (":method", "CONNECT"), (":authority", "host.com:443"));
            var far = await listener.AcceptAsync();
            await client.NextAsync(SessionEventKind.HeadersReceived);
            return (terminator, client, asked, far);
        }

        var encapsulator = Own(await StoryNode.StartAsync(StorySettings.Encapsulator(security, listener.Address)));
        var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var accepted = await listener.AcceptAsync();
        await listener.DisposeAsync(); // A lost session is dialled again, and nobody here would answer.
        var server = Own(security == Security.Tls ? await Http2Peer.AcceptTlsAsync(accepted) : Http2Peer.Accept(accepted));
        var stream = (await server.NextAsync(SessionEventKind.HeadersReceived)).StreamId;
        server.Respond(stream, endStream: false, (":status", "200"));
        return (encapsulator, server, stream, application);
    }

    /// <summary>How the node logged the peer's direction; the other one was always reset.</summary>
    private static async Task AssertEndsAsync(StoryNode node, bool atTerminator, TunnelEndKind kind, int? delivered = null)
    {
        var entry = await node.NextAccessAsync();
        var (theirs, ours) = atTerminator ? (entry.UpstreamEnd, entry.DownstreamEnd) : (entry.DownstreamEnd, entry.UpstreamEnd);
        Assert.Equal((kind, TunnelEndKind.Reset), (theirs.Kind, ours.Kind));
        if (delivered is { } bytes)
        {
            Assert.Equal(bytes, atTerminator ? entry.BytesToUpstream : entry.BytesToDownstream);
        }
    }
}
