using ActorTunnel.Proxy.Settings;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Settings;

public sealed class Http2SettingsTests
{
    [Theory]
    [InlineData(0.0, 54)]
    [InlineData(0.5, 60)]
    [InlineData(1.0, 66)]
    public void The_age_of_a_session_is_the_configured_one_give_or_take_a_tenth(double drawn, double minutes)
    {
        var age = new Http2Settings { MaxAge = TimeSpan.FromHours(1) }.DrawAge(new Drawing(drawn));
        Assert.Equal(minutes, age!.Value.TotalMinutes, precision: 6);
    }

    [Fact]
    public void Without_a_maximum_a_session_may_grow_old() =>
        Assert.Null(new Http2Settings { MaxAge = TimeSpan.Zero }.DrawAge(new Drawing(0.5)));

    private sealed class Drawing(double value) : Random
    {
        public override double NextDouble() => value;
    }
}
