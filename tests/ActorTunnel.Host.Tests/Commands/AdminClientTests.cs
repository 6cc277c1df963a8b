using ActorTunnel.Host.Commands;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ActorTunnel.Host.Tests.Commands;

public sealed class AdminClientTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_server_that_takes_a_request_and_does_not_answer_is_given_up_after_five_seconds()
    {
        await using var admin = new FakeAdmin(json: null);
        using var client = new AdminClient(admin.Address, _time);

        var asked = client.GetAsync("info", CancellationToken.None);
        await admin.Asked;
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(asked.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal(
            new AdminReply.None($"the admin server at http://{admin.Address}/ does not answer: nothing came within 5 s", IsLate: true),
            await asked.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task What_comes_when_something_is_over_is_waited_for_as_long_as_it_takes()
    {
        await using var admin = new FakeAdmin(json: null);
        using var client = new AdminClient(admin.Address, _time);
        using var stop = new CancellationTokenSource();

        var held = client.GetHeldAsync("drain?wait=true", stop.Token);
        await admin.Asked;
        _time.Advance(TimeSpan.FromDays(1));
        Assert.False(held.IsCompleted);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => held);
    }
}
