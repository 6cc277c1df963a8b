using ActorTunnel.Host.Commands;
using Xunit;

namespace ActorTunnel.Host.Tests.Commands;

public sealed class DrainLineTests
{
    [Theory]
    [InlineData("""{ "step": "announcing", "tunnels": 3, "time-left-ms": null }""", "announcing: tunnels open: 3")]
    [InlineData("""{ "step": "draining", "tunnels": 3, "time-left-ms": 20000 }""", "draining: tunnels open: 3, 20 s left")]
    [InlineData("""{ "step": "draining", "tunnels": 3, "time-left-ms": 19001 }""", "draining: tunnels open: 3, 20 s left")]
    [InlineData("""{ "step": "draining", "tunnels": 3, "time-left-ms": 19000 }""", "draining: tunnels open: 3, 19 s left")]
    [InlineData("""{ "step": "draining", "tunnels": 0, "time-left-ms": 19000 }""", "draining: tunnels open: 0")]
    [InlineData("""{ "step": "none", "tunnels": 3 }""", null)]
    [InlineData("what?", null)]
    public void It_tells_of_the_step_and_the_seconds_as_the_node_does(string page, string? text) =>
        Assert.Equal(text, DrainLine.Of(new AdminReply.Page(page))?.Text);

    [Fact]
    public void A_node_that_stands_still_is_told_of_and_one_whose_server_is_closed_already_is_not()
    {
        Assert.Equal("silent", DrainLine.Of(new AdminReply.None("silent", IsLate: true))?.Text);
        Assert.Null(DrainLine.Of(new AdminReply.None("refused")));
    }

    [Fact]
    public void A_second_is_told_once_whatever_else_changed_in_it()
    {
        var told = new DrainLine("draining: tunnels open: 3, 20 s left", 20);

        Assert.True(told.IsNewAfter(null));
        Assert.False(new DrainLine("draining: tunnels open: 2, 20 s left", 20).IsNewAfter(told));
        Assert.True(new DrainLine("draining: tunnels open: 2, 19 s left", 19).IsNewAfter(told));
        Assert.True(new DrainLine("draining: tunnels open: 0", null).IsNewAfter(told));
        Assert.False(new DrainLine("leaving: tunnels open: 0", null).IsNewAfter(new DrainLine("leaving: tunnels open: 0", null)));
    }
}
