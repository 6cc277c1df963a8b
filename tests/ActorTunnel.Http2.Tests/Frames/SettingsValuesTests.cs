using ActorTunnel.Http2.Frames;
using Xunit;

namespace ActorTunnel.Http2.Tests.Frames;

/// <summary>RFC 9113 §6.5.2 and RFC 8441 §3: which values are legal.</summary>
public sealed class SettingsValuesTests
{
    [Theory]
    [InlineData(2, 2, ErrorCode.ProtocolError)]
    [InlineData(4, 0x8000_0000, ErrorCode.FlowControlError)]
    [InlineData(4, uint.MaxValue, ErrorCode.FlowControlError)]
    [InlineData(5, 0, ErrorCode.ProtocolError)]
    [InlineData(5, 16_383, ErrorCode.ProtocolError)]
    [InlineData(5, 16_777_216, ErrorCode.ProtocolError)]
    [InlineData(8, 2, ErrorCode.ProtocolError)]
    public void An_illegal_value_is_the_connection_s_error(int id, uint value, ErrorCode code)
    {
        var values = new SettingsValues();

        var error = values.Apply(new Setting((SettingId)id, value), fromServer: false);

        Assert.Equal(ErrorScope.Connection, error.Scope);
        Assert.Equal(code, error.Code);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, uint.MaxValue)]
    [InlineData(2, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 0)]
    [InlineData(4, 0)]
    [InlineData(4, int.MaxValue)]
    [InlineData(5, 16_384)]
    [InlineData(5, 16_777_215)]
    [InlineData(6, 0)]
    [InlineData(8, 0)]
    [InlineData(8, 1)]
    [InlineData(7, 12)]
    [InlineData(0xffff, uint.MaxValue)]
    public void A_legal_or_unknown_value_is_taken(int id, uint value)
    {
        var values = new SettingsValues();

        Assert.True(values.Apply(new Setting((SettingId)id, value), fromServer: false).IsNone);
    }

    [Fact]
    public void Values_that_were_not_announced_are_the_initial_ones()
    {
        var values = new SettingsValues();

        Assert.Equal(4_096u, values.HeaderTableSize);
        Assert.Equal(uint.MaxValue, values.MaxConcurrentStreams);
        Assert.Equal(65_535, values.InitialWindowSize);
        Assert.Equal(16_384, values.MaxFrameSize);
        Assert.False(values.EnableConnectProtocol);
    }

    [Fact]
    public void A_server_must_not_ask_for_push()
    {
        var values = new SettingsValues();

        Assert.Equal(ErrorCode.ProtocolError, values.Apply(new Setting(SettingId.EnablePush, 1), fromServer: true).Code);
    }

    [Fact]
    public void Extended_connect_cannot_be_taken_back()
    {
        var values = new SettingsValues();
        Assert.True(values.Apply(new Setting(SettingId.EnableConnectProtocol, 1), fromServer: true).IsNone);

        Assert.Equal(ErrorCode.ProtocolError, values.Apply(new Setting(SettingId.EnableConnectProtocol, 0), fromServer: true).Code);
    }
}
