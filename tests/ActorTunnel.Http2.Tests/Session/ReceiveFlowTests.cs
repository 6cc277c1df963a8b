using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using ActorTunnel.Http2.Streams;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>RFC 9113 §5.2, §6.9: what the peer may send, and when it may send more.</summary>
public sealed class ReceiveFlowTests
{
    private static readonly SessionSettings Small = new() { StreamWindow = 100_000, ReceiveBudget = 1_000_000 };

    [Fact]
    public void The_connection_is_repaid_when_payload_is_delivered_and_the_stream_when_it_is_repaid()
    {
        using var network = Network.Connected(SessionRole.Server, Small);
        var stream = network.Tunnel(1);

        network.Send(Wire.Data(1, new byte[50_000]), Wire.Data(1, new byte[50_000]));
        network.ExpectPayload(stream, 100_000);
        network.ExpectWindowUpdate(0, 100_000);
        network.ExpectNoFrames();
        Assert.Equal(100_000, network.Session.UnpaidBytes);

        network.Session.Repay(stream, 24_999);
        network.ExpectNoFrames();
        network.Session.Repay(stream, 1);
        network.ExpectWindowUpdate(1, 25_000);
        network.Session.Repay(stream, 75_000);
        network.ExpectWindowUpdate(1, 75_000);
        Assert.Equal(0, network.Session.UnpaidBytes);
        Assert.Equal(100_000, stream.ReceiveWindow.Announced);
    }

    [Fact]
    public void Data_beyond_the_stream_s_window_is_a_stream_error_and_costs_the_connection_nothing()
    {
        using var network = Network.Connected(SessionRole.Server, Small);
        var stream = network.Tunnel(1);
        network.Tunnel(3);
        network.Send(Wire.Data(1, new byte[60_000]));
        network.ExpectPayload(stream, 60_000);

        network.Send(Wire.Data(1, new byte[40_001])[..9]);
        network.ExpectStreamError(1, ErrorCode.FlowControlError);
        network.Send(new byte[40_001]);

        network.ExpectNoEvents();
        AssertConnectionIsBack(network);
    }

    [Fact]
    public void Data_beyond_the_connection_s_window_ends_the_connection()
    {
        using var network = Network.Connected(SessionRole.Server, new SessionSettings { StreamWindow = 1 << 20, ReceiveBudget = 100_000 });
        var stream = network.Tunnel(1);
        network.Send(Wire.Data(1, new byte[60_000]), Wire.Data(1, new byte[40_000]));
        network.ExpectPayload(stream, 100_000);
        network.DropFrames();

        network.Send(Wire.Data(1, [1])[..9]);

        network.ExpectFailure(ErrorCode.FlowControlError);
    }

    [Fact]
    public void A_stalled_stream_leaves_its_neighbours_the_rest_of_the_budget()
    {
        using var network = Network.Connected(SessionRole.Server, new SessionSettings { StreamWindow = 65_536, ReceiveBudget = 100_000 });
        var stalled = network.Tunnel(1);
        var busy = network.Tunnel(3);
        network.Send(Wire.Data(1, new byte[65_536]));
        network.ExpectPayload(stalled, 65_536);
        network.DropFrames();

        for (var i = 0; i < 50; i++)
        {
            network.Send(Wire.Data(3, new byte[34_000]));
            network.ExpectPayload(busy, 34_000, repay: true);
            network.DropFrames();
            Assert.InRange(network.Session.Flow.Announced, 1, 100_000 - 65_536);
        }

        // Its window is used up, and the budget is what it was.
        network.Session.Repay(stalled, 65_536);
        network.DropFrames();
        AssertConnectionIsBack(network);
    }

    [Fact]
    public void A_budget_that_is_used_up_opens_again_when_a_stream_is_repaid()
    {
        using var network = Network.Connected(SessionRole.Server, new SessionSettings { StreamWindow = 200_000, ReceiveBudget = 100_000 });
        var stream = network.Tunnel(1);
        network.Send(Wire.Data(1, new byte[60_000]), Wire.Data(1, new byte[40_000]));
        network.ExpectPayload(stream, 100_000);
        network.DropFrames();
        Assert.Equal(0, network.Session.Flow.Announced);

        network.Session.Repay(stream, 10);

        network.ExpectWindowUpdate(0, 10);
    }

    [Fact]
    public void Padding_counts_and_is_repaid_at_once()
    {
        using var network = Network.Connected(SessionRole.Server, Small);
        var stream = network.Tunnel(1);
        for (var i = 0; i < 98; i++)
        {
            network.Send(Wire.Data(1, [], padding: 255));
        }

        // 98 × 256 bytes are the first quarter of the stream's window.
        network.ExpectWindowUpdate(1, 98 * 256);
        network.ExpectNoEvents();
        for (var i = 0; i < 300; i++)
        {
            network.Send(Wire.Data(1, [], padding: 255));
        }

        network.ExpectWindowUpdate(1, 98 * 256);
        network.ExpectWindowUpdate(1, 98 * 256);
        network.ExpectWindowUpdate(0, 391 * 256);
        network.ExpectWindowUpdate(1, 98 * 256);
        Assert.Equal(0, network.Session.UnpaidBytes);
        Assert.Equal(100_000, stream.ReceiveWindow.Announced + stream.ReceiveWindow.Unannounced);
    }

    [Fact]
    public void Padding_does_not_become_payload()
    {
        using var network = Network.Connected(SessionRole.Server);
        var stream = network.Tunnel(1);

        network.Send(Wire.Data(1, [1, 2, 3], padding: 0), Wire.Data(1, [4, 5], padding: 200), Wire.Data(1, [6], endStream: true, padding: 9));

        Assert.Equal([1, 2, 3, 4, 5, 6], network.ExpectPayload(stream, 6, endStream: true));
        Assert.Equal(6, stream.UnpaidBytes);
    }

    [Fact]
    public void Data_on_a_stream_that_we_reset_is_counted_repaid_and_dropped()
    {
        using var network = Network.Connected(SessionRole.Server, Small);
        var stream = network.Tunnel(1);
        network.Session.Reset(stream, ErrorCode.Cancel);
        network.ExpectReset(1, ErrorCode.Cancel);

        for (var i = 0; i < 100; i++)
        {
            network.Send(Wire.Data(1, new byte[50_000], padding: 100));
        }

        network.ExpectNoEvents();
        AssertConnectionIsBack(network);
    }

    [Fact]
    public void What_was_delivered_on_a_stream_that_is_reset_is_written_off_once()
    {
        using var network = Network.Connected(SessionRole.Server, Small);
        var byUs = network.Tunnel(1);
        var byPeer = network.Tunnel(3);
        network.Send(Wire.Data(1, new byte[30_000]), Wire.Data(3, new byte[40_000]));
        network.ExpectPayload(byUs, 30_000);
        network.ExpectPayload(byPeer, 40_000);
        Assert.Equal(70_000, network.Session.UnpaidBytes);

        network.Session.Reset(byUs, ErrorCode.Cancel);
        Assert.Equal(40_000, network.Session.UnpaidBytes);
        network.Send(Wire.Reset(3, ErrorCode.Cancel));
        network.ExpectEvent(SessionEventKind.StreamReset);
        Assert.Equal(0, network.Session.UnpaidBytes);

        network.Session.Repay(byUs, 30_000);
        network.Session.Repay(byPeer, 40_000);
        network.Session.Reset(byUs, ErrorCode.Cancel);
        Assert.Equal(0, network.Session.UnpaidBytes);
        network.DropFrames();
        AssertConnectionIsBack(network);
    }

    [Fact]
    public void What_was_delivered_on_a_stream_that_ended_stays_on_the_account_until_it_is_repaid()
    {
        using var network = Network.Connected(SessionRole.Server, Small);
        var stream = network.Tunnel(1);
        network.Send(Wire.Data(1, new byte[30_000], endStream: true));
        network.ExpectPayload(stream, 30_000, endStream: true);
        network.Session.SendEnd(stream);
        network.ExpectEvent(SessionEventKind.StreamClosed);
        Assert.Equal(StreamState.Closed, stream.State);

        Assert.Equal(30_000, network.Session.UnpaidBytes);
        network.Session.Repay(stream, 10_000);
        Assert.Equal(20_000, network.Session.UnpaidBytes);

        // The application went away: nothing goes on the wire, and the account is settled.
        network.DropFrames();
        network.Session.Reset(stream, ErrorCode.Cancel);
        Assert.Equal(0, network.Session.UnpaidBytes);
        network.ExpectNoFrames();
        AssertConnectionIsBack(network);
    }

    [Fact]
    public void A_reset_in_the_middle_of_a_frame_drops_the_rest_of_it()
    {
        using var network = Network.Connected(SessionRole.Server, Small);
        var stream = network.Tunnel(1);
        var frame = Wire.Data(1, new byte[50_000], endStream: true, padding: 100);
        network.Send(frame[..20_000]);
        network.ExpectEvent(SessionEventKind.DataReceived).Data.Dispose();

        network.Session.Reset(stream, ErrorCode.Cancel);
        network.Send(frame[20_000..]);

        network.ExpectNoEvents();
        network.DropFrames();
        Assert.Equal(0, network.Session.UnpaidBytes);
        AssertConnectionIsBack(network);
    }

    [Fact]
    public void A_frame_is_repaid_on_the_connection_as_it_arrives_and_not_by_its_header()
    {
        using var network = Network.Connected(SessionRole.Server, Small with { MaxFrameSize = 100_000 });
        var stream = network.Tunnel(1);
        var frame = Wire.Data(1, new byte[100_000]);

        network.Send(frame[..50_009]);
        network.ExpectNoFrames();
        network.Send(frame[50_009..^1]);
        network.ExpectNoFrames();
        network.Send(frame[^1..]);

        network.ExpectPayload(stream, 100_000);
        network.ExpectWindowUpdate(0, 100_000);
    }

    [Fact]
    public void An_end_is_told_when_its_frame_is_whole_padding_included()
    {
        using var network = Network.Connected(SessionRole.Server);
        var stream = network.Tunnel(1);
        var frame = Wire.Data(1, [1, 2], endStream: true, padding: 3);

        network.Send(frame[..^1]);
        network.ExpectPayload(stream, 2);
        network.ExpectNoEvents();
        Assert.Equal(StreamState.Open, stream.State);
        network.Send(frame[^1..]);

        network.ExpectPayload(stream, 0, endStream: true);
        Assert.Equal(StreamState.HalfClosedRemote, stream.State);
    }

    [Fact]
    public void A_stream_that_the_peer_ended_gets_no_window_updates()
    {
        using var network = Network.Connected(SessionRole.Server, Small);
        var stream = network.Tunnel(1);
        network.Send(Wire.Data(1, new byte[50_000], endStream: true));
        network.ExpectPayload(stream, 50_000, endStream: true);

        network.Session.Repay(stream, 50_000);

        network.ExpectNoFrames();
    }

    [Fact]
    public void To_repay_more_than_was_delivered_is_a_bug_of_the_caller()
    {
        using var network = Network.Connected(SessionRole.Server, Small);
        var stream = network.Tunnel(1);
        network.Send(Wire.Data(1, [1, 2, 3]));
        network.ExpectPayload(stream, 3);

        Assert.Throws<ArgumentOutOfRangeException>(() => network.Session.Repay(stream, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => network.Session.Repay(stream, -1));
    }

    [Fact]
    public void Payload_is_passed_on_as_it_arrives_without_a_copy()
    {
        using var network = Network.Connected(SessionRole.Server);
        var stream = network.Tunnel(1);
        var frame = Wire.Data(1, [1, 2, 3, 4, 5]);
        network.Send(frame[..11]);
        using (var first = network.ExpectEvent(SessionEventKind.DataReceived).Data)
        {
            Assert.Equal([1, 2], first.Span.ToArray());
        }

        var whole = Slices.From(network.Pool, [.. frame[11..], .. Wire.Data(1, [6])]);
        var block = whole.Block;
        network.Session.Receive(whole);
        using (var second = network.ExpectEvent(SessionEventKind.DataReceived).Data)
        {
            Assert.Same(block, second.Block);
        }

        network.ExpectEvent(SessionEventKind.DataReceived).Data.Dispose();
        Assert.Equal(6, stream.UnpaidBytes);
    }

    private static void AssertConnectionIsBack(Network network)
    {
        var flow = network.Session.Flow;
        Assert.Equal(0, flow.Unpaid);
        var full = Math.Min(4L * network.Settings.StreamWindow, network.Settings.ReceiveBudget);
        Assert.Equal(full, flow.Target);
        Assert.InRange(flow.Announced, full - (full / 4) + 1, full);
    }
}
