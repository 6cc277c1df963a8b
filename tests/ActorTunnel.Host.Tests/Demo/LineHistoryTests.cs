using ActorTunnel.Host.Demo;
using Xunit;

namespace ActorTunnel.Host.Tests.Demo;

public sealed class LineHistoryTests
{
    private readonly LineHistory _history = new(capacity: 3);

    [Fact]
    public async Task A_line_is_found_whether_it_came_before_or_comes_later()
    {
        _history.Append("early");
        Assert.Equal("early", await _history.FindAsync(line => line == "early"));
        var later = _history.FindAsync(line => line.StartsWith("la", StringComparison.Ordinal));
        Assert.False(later.IsCompleted);

        _history.Append("other");
        Assert.False(later.IsCompleted);
        _history.Append("late");
        _history.Append("latest");

        Assert.Equal("late", await later);
    }

    [Fact]
    public async Task The_end_answers_who_still_waits_and_who_comes_after()
    {
        var waiting = _history.FindAsync(_ => true);

        _history.Complete();

        Assert.Null(await waiting);
        Assert.Null(await _history.FindAsync(_ => true));
    }

    [Fact]
    public void Only_the_last_lines_are_kept()
    {
        foreach (var line in new[] { "a", "b", "c", "d" })
        {
            _history.Append(line);
        }

        Assert.Equal(["b", "c", "d"], _history.Last(9));
        Assert.Equal(["d"], _history.Last(1));
    }
}
