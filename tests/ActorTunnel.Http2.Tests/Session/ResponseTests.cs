using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using ActorTunnel.Http2.Streams;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>RFC 9113 §8.1, §8.3.2, §8.5: what a client takes for a response.</summary>
public sealed class ResponseTests
{
    public static TheoryData<string, (string, string)[]> Malformed => new()
    {
        { "nothing", [] },
        { "no status", [("server", "x")] },
        { "status twice", [(":status", "200"), (":status", "200")] },
        { "status after a field", [("a", "b"), (":status", "200")] },
        { "an empty status", [(":status", "")] },
        { "a short status", [(":status", "20")] },
        { "a long status", [(":status", "2000")] },
        { "letters", [(":status", "2xx")] },
        { "a sign", [(":status", "+20")] },
        { "a status below 100", [(":status", "099")] },
        { "a status above 599", [(":status", "600")] },
        { "switching protocols", [(":status", "101")] },
        { "a request's pseudo", [(":status", "200"), (":path", "/")] },
        { "an upper-case field", [(":status", "200"), ("Server", "x")] },
        { "connection", [(":status", "200"), ("connection", "close")] },
        { "an illegal value", [(":status", "200"), ("a", "\n")] },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_response_is_a_stream_error(string what, (string, string)[] fields)
    {
        using var network = Network.Connected(SessionRole.Client);
        var stream = network.Open();

        network.Send(Wire.Headers(1, fields));

        Assert.False(string.IsNullOrEmpty(network.ExpectStreamError(1, ErrorCode.ProtocolError).Detail), what);
        Assert.Equal(StreamState.Closed, stream.State);
    }

    [Fact]
    public void A_response_is_delivered()
    {
        using var network = Network.Connected(SessionRole.Client);
        var stream = network.Open();
        stream.Owner = "tunnel";

        network.Send(Wire.Headers(1, [(":status", "200"), ("server", "x")]));

        var e = network.ExpectEvent(SessionEventKind.HeadersReceived);
        Assert.Equal("tunnel", e.Stream!.Owner);
        Assert.Equal([":status", "server"], e.Fields!.Select(f => f.Name));
        Assert.False(e.EndStream);
    }

    [Fact]
    public void Interim_responses_are_skipped()
    {
        using var network = Network.Connected(SessionRole.Client);
        network.Open();

        network.Send(Wire.Headers(1, [(":status", "100")]), Wire.Headers(1, [(":status", "103"), ("link", "x")]));
        network.ExpectNoEvents();
        network.Send(Wire.Headers(1, Network.Ok));

        Assert.Equal("200", network.ExpectEvent(SessionEventKind.HeadersReceived).Fields![0].Value);
    }

    [Fact]
    public void An_interim_response_that_ends_the_stream_is_a_stream_error()
    {
        using var network = Network.Connected(SessionRole.Client);
        network.Open();

        network.Send(Wire.Headers(1, [(":status", "100")], endStream: true));

        network.ExpectStreamError(1, ErrorCode.ProtocolError);
    }

    [Fact]
    public void A_response_may_end_the_stream_at_once()
    {
        using var network = Network.Connected(SessionRole.Client);
        var stream = network.Open();

        network.Send(Wire.Headers(1, Network.Ok, endStream: true));

        Assert.True(network.ExpectEvent(SessionEventKind.HeadersReceived).EndStream);
        Assert.Equal(StreamState.HalfClosedRemote, stream.State);
        network.ExpectNoEvents();
    }

    [Fact]
    public void Trailers_are_a_stream_error()
    {
        using var network = Network.Connected(SessionRole.Client);
        network.OpenAnswered();

        network.Send(Wire.Headers(1, [("a", "b")], endStream: true));

        network.ExpectStreamError(1, ErrorCode.ProtocolError);
    }

    [Fact]
    public void Data_before_the_response_is_a_stream_error_and_is_repaid()
    {
        using var network = Network.Connected(SessionRole.Client);
        network.Open();
        network.Send(Wire.Headers(1, [(":status", "100")]));

        network.Send(Wire.Data(1, new byte[1_000]));

        network.ExpectStreamError(1, ErrorCode.ProtocolError);
        Assert.Equal(0, network.Session.UnpaidBytes);
    }

    [Fact]
    public void A_response_whose_header_list_is_too_large_is_a_stream_error()
    {
        using var network = Network.Connected(SessionRole.Client);
        network.Open();

        network.Send(Wire.Headers(1, [(":status", "200"), ("a", new string('x', 17_000))]));

        network.ExpectStreamError(1, ErrorCode.EnhanceYourCalm);
    }

    [Fact]
    public void A_server_cannot_open_streams()
    {
        foreach (var id in new[] { 2, 3 })
        {
            using var network = Network.Connected(SessionRole.Client);
            network.Open();

            network.Send(Wire.Headers(id, Network.Ok));

            network.ExpectFailure(ErrorCode.ProtocolError);
        }
    }

    [Fact]
    public void No_error_after_a_complete_response_is_a_reset_like_others()
    {
        using var network = Network.Connected(SessionRole.Client);
        var stream = network.OpenAnswered();
        network.Send(Wire.Data(1, [1, 2, 3], endStream: true));
        network.ExpectPayload(stream, 3, endStream: true);

        network.Send(Wire.Reset(1, ErrorCode.NoError));

        var e = network.ExpectEvent(SessionEventKind.StreamReset);
        Assert.True(e.ByPeer);
        Assert.Equal(ErrorCode.NoError, e.Code);

        // The three bytes are still on their way to the application.
        Assert.Equal(3, stream.UnpaidBytes);
        network.Session.Repay(stream, 3);
        Assert.Equal(0, network.Session.UnpaidBytes);
    }
}
