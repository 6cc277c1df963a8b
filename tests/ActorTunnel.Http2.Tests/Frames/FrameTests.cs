using System.Text;
using ActorTunnel.Http2.Frames;
using Xunit;

namespace ActorTunnel.Http2.Tests.Frames;

/// <summary>RFC 9113 §4.1 and §6: the layouts, written as the RFC draws them, and the checks of each type.</summary>
public sealed class FrameTests
{
    [Fact]
    public void Section_4_1_a_header_is_length_type_flags_and_stream_in_network_order()
    {
        Span<byte> bytes = stackalloc byte[9];
        new FrameHeader(0x012345, FrameType.WindowUpdate, FrameFlags.Padded | FrameFlags.EndStream, 0x7edcba98).Write(bytes);

        Assert.Equal("0123450809" + "7EDCBA98", Convert.ToHexString(bytes));
    }

    [Fact]
    public void Section_4_1_the_reserved_bit_of_the_stream_id_is_ignored()
    {
        var header = FrameHeader.Read(Convert.FromHexString("FFFFFF2A10FFFFFFFF"));

        Assert.Equal(new FrameHeader(16_777_215, (FrameType)0x2a, (FrameFlags)0x10, int.MaxValue), header);
    }

    [Fact]
    public void Section_6_1_data_knows_its_padding()
    {
        var header = new FrameHeader(10, FrameType.Data, FrameFlags.Padded | FrameFlags.EndStream, 3);

        Assert.True(DataFrame.TryParse(header, 4, out var frame).IsNone);
        Assert.Equal(new DataFrame(3, 5, 4, EndStream: true), frame);
        Assert.True(DataFrame.TryParse(header, 9, out frame).IsNone);
        Assert.Equal(0, frame.PayloadLength);
        Assert.Equal(ErrorCode.ProtocolError, DataFrame.TryParse(header, 10, out _).Code);
    }

    [Fact]
    public void Section_6_2_headers_are_read_with_padding_and_priority()
    {
        var payload = Convert.FromHexString("02" + "80000003" + "10" + "AABBCC" + "0000");
        var header = new FrameHeader(payload.Length, FrameType.Headers, (FrameFlags)0x2d, 5);

        Assert.True(HeadersFrame.TryParse(header, payload, out var frame).IsNone);
        Assert.Equal("AABBCC", Convert.ToHexString(frame.Fragment));
        Assert.True(frame.EndStream);
        Assert.True(frame.EndHeaders);
        Assert.False(frame.DependsOnItself);
    }

    [Theory]
    [InlineData(0x08, "", ErrorCode.FrameSizeError)]
    [InlineData(0x08, "01", ErrorCode.ProtocolError)]
    [InlineData(0x20, "00000001", ErrorCode.FrameSizeError)]
    [InlineData(0x28, "00" + "00000001", ErrorCode.FrameSizeError)]
    [InlineData(0x28, "02" + "00000001" + "10" + "AA", ErrorCode.ProtocolError)]
    public void Section_6_2_headers_too_short_for_what_the_flags_promise_are_refused(int flags, string payload, ErrorCode code)
    {
        var bytes = Convert.FromHexString(payload);
        var header = new FrameHeader(bytes.Length, FrameType.Headers, (FrameFlags)flags, 5);

        var error = HeadersFrame.TryParse(header, bytes, out _);

        Assert.Equal(ErrorScope.Connection, error.Scope);
        Assert.Equal(code, error.Code);
    }

    [Fact]
    public void Section_6_3_priority_round_trips()
    {
        var bytes = new byte[14];
        var frame = new PriorityFrame(5, 3, Exclusive: true, 200);
        frame.Write(bytes);

        Assert.Equal("000005" + "02" + "00" + "00000005" + "80000003" + "C8", Convert.ToHexString(bytes));
        Assert.True(PriorityFrame.TryParse(FrameHeader.Read(bytes), bytes.AsSpan(9), out var read).IsNone);
        Assert.Equal(frame, read);
    }

    [Fact]
    public void Section_6_4_rst_stream_round_trips()
    {
        var bytes = new byte[13];
        var frame = new ResetStreamFrame(7, ErrorCode.ConnectError);
        frame.Write(bytes);

        Assert.Equal("000004" + "03" + "00" + "00000007" + "0000000A", Convert.ToHexString(bytes));
        Assert.True(ResetStreamFrame.TryParse(FrameHeader.Read(bytes), bytes.AsSpan(9), out var read).IsNone);
        Assert.Equal(frame, read);
    }

    [Fact]
    public void Section_6_5_settings_round_trip_in_their_order()
    {
        Setting[] settings = [new(SettingId.MaxFrameSize, 65_536), new(SettingId.EnablePush, 0), new((SettingId)0xfafa, uint.MaxValue)];
        var bytes = new byte[SettingsFrame.WrittenSize(3)];
        SettingsFrame.Write(bytes, settings);

        Assert.Equal(
            "000012" + "04" + "00" + "00000000" + "000500010000" + "000200000000" + "FAFAFFFFFFFF", Convert.ToHexString(bytes));
        var read = SettingsFrame.Parse(FrameHeader.Read(bytes), bytes.AsSpan(9));
        Assert.False(read.Ack);
        Assert.Equal(settings, new[] { read[0], read[1], read[2] });
    }

    [Fact]
    public void Section_6_5_an_acknowledgement_is_empty()
    {
        var bytes = new byte[9];
        SettingsFrame.WriteAck(bytes);

        Assert.Equal("000000" + "04" + "01" + "00000000", Convert.ToHexString(bytes));
    }

    [Fact]
    public void Section_6_6_push_promise_is_written_for_tests_and_refused()
    {
        var bytes = new byte[13];
        new PushPromiseFrame(1, 2).Write(bytes);

        Assert.Equal("000004" + "05" + "04" + "00000001" + "00000002", Convert.ToHexString(bytes));
        Assert.Equal(ErrorScope.Connection, PushPromiseFrame.Refuse().Scope);
    }

    [Fact]
    public void Section_6_7_ping_round_trips()
    {
        var bytes = new byte[17];
        var frame = new PingFrame(0x0102030405060708, Ack: true);
        frame.Write(bytes);

        Assert.Equal("000008" + "06" + "01" + "00000000" + "0102030405060708", Convert.ToHexString(bytes));
        Assert.True(PingFrame.TryParse(FrameHeader.Read(bytes), bytes.AsSpan(9), out var read).IsNone);
        Assert.Equal(frame, read);
    }

    [Fact]
    public void Section_6_8_goaway_round_trips_with_its_debug_data()
    {
        var frame = new GoAwayFrame(int.MaxValue, ErrorCode.EnhanceYourCalm, "calm");
        var bytes = new byte[frame.WrittenSize];
        frame.Write(bytes);

        Assert.Equal("00000C" + "07" + "00" + "00000000" + "7FFFFFFF" + "0000000B" + "63616C6D", Convert.ToHexString(bytes));
        Assert.True(GoAwayFrame.CheckHeader(FrameHeader.Read(bytes)).IsNone);
        Assert.Equal(frame, GoAwayFrame.Parse(bytes.AsSpan(9)));
    }

    [Fact]
    public void Section_6_8_debug_data_is_cut_and_made_printable()
    {
        var frame = new GoAwayFrame(1, ErrorCode.NoError, new string('x', 1_000));
        Assert.Equal(9 + 8 + 256, frame.WrittenSize);

        byte[] payload = [0, 0, 0, 1, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes("a\nb\u001b[é")];
        Assert.Equal("a?b?[??", GoAwayFrame.Parse(payload).Debug);
    }

    [Fact]
    public void Section_6_9_window_update_round_trips_and_ignores_the_reserved_bit()
    {
        var bytes = new byte[13];
        var frame = new WindowUpdateFrame(9, int.MaxValue);
        frame.Write(bytes);
        Assert.Equal("000004" + "08" + "00" + "00000009" + "7FFFFFFF", Convert.ToHexString(bytes));

        bytes[9] = 0xff;
        Assert.True(WindowUpdateFrame.TryParse(FrameHeader.Read(bytes), bytes.AsSpan(9), out var read).IsNone);
        Assert.Equal(frame, read);
    }

    [Fact]
    public void Section_6_10_continuation_is_its_fragment()
    {
        var header = ContinuationFrame.Header(3, 2, endHeaders: true);

        Assert.Equal(new FrameHeader(2, FrameType.Continuation, FrameFlags.EndHeaders, 3), header);
        Assert.True(ContinuationFrame.TryParse(header, [1, 2], out var frame).IsNone);
        Assert.True(frame.EndHeaders);
        Assert.Equal([1, 2], frame.Fragment.ToArray());
    }
}
