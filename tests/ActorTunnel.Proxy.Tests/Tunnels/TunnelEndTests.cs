using ActorTunnel.Proxy.Tunnels;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Tunnels;

public sealed class TunnelEndTests
{
    public static TheoryData<TunnelEnd, string> Ends => new()
    {
        { TunnelEnd.Clean(GuiltySide.Upstream), "clean/upstream" },
        { TunnelEnd.Clean(GuiltySide.Downstream), "clean/downstream" },
        { TunnelEnd.ResetBy(GuiltySide.Downstream), "reset/downstream" },
        { TunnelEnd.ResetBy(GuiltySide.Session, TunnelEndReason.SessionLost), "reset/session:session-lost" },
        { TunnelEnd.ResetBy(GuiltySide.Us, TunnelEndReason.IdleTimeout), "reset/us:idle-timeout" },
        { TunnelEnd.ResetBy(GuiltySide.Us, TunnelEndReason.HalfClosedIdleTimeout), "reset/us:half-closed-idle-timeout" },
        { TunnelEnd.ResetBy(GuiltySide.Us, TunnelEndReason.Drain), "reset/us:drain" },
        { TunnelEnd.ResetBy(GuiltySide.Upstream, TunnelEndReason.ConnectFailed), "reset/upstream:connect-failed" },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public void An_end_says_how_who_and_why(TunnelEnd end, string text) => Assert.Equal(text, end.ToString());

    [Fact]
    public void Every_reason_has_a_token_of_its_own()
    {
        var texts = Enum.GetValues<TunnelEndReason>().Select(reason => TunnelEnd.ResetBy(GuiltySide.Us, reason).ToString()).ToList();

        Assert.All(texts, text => Assert.Matches("^reset/us(:[a-z]+(-[a-z]+)*)?$", text));
        Assert.Equal(texts.Count, texts.Distinct().Count());
    }
}
