using ActorTunnel.Scenarios.Support;
using ActorTunnel.TestSupport.Network;

namespace ActorTunnel.Scenarios.Tools;

/// <summary>A story's own end of a connection tells a clean end from a reset, however late it reads.</summary>
public sealed class PeerTests : Story
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_end_that_came_before_a_reset_is_an_end(bool endsFirst)
    {
        var origin = Own(Origin.Start());
        using var near = await Peer.ConnectAsync(origin.Address);
        using var far = await origin.AcceptAsync();
        await far.SendAsync(new byte[] { 1, 2, 3 });
        if (endsFirst)
        {
            far.SendFin();
            await Eventually.TrueAsync(far.Socket.FinIsAcknowledged, () => "the end was not acknowledged");
        }

        far.Reset();

        var (bytes, end) = await near.ReceiveToEndAsync();
        Assert.Equal([1, 2, 3], bytes);
        Assert.Equal(endsFirst ? PeerEnd.Fin : PeerEnd.Reset, end);
    }

    /// <summary>Its own FIN goes out between the receive that returned 0 and the question what that was.</summary>
    [Fact]
    public async Task An_end_that_its_own_FIN_comes_close_behind_is_an_end()
    {
        var origin = Own(Origin.Start());
        using var near = await Peer.ConnectAsync(origin.Address);
        using var far = await origin.AcceptAsync();
        far.SendFin();
        await near.ExpectToEndAsync([]);
        var finSent = false;

        var hides = near.Socket.HidesAReset(() =>
        {
            var before = finSent;
            EndNear();
            return before;
        });

        Assert.False(hides);
        EndNear();
        Assert.False(near.Socket.HidesAReset(() => finSent));

        void EndNear()
        {
            if (!finSent)
            {
                finSent = true;
                near.SendFin();
                Assert.True(SpinWait.SpinUntil(near.Socket.IsClosed, Eventually.Patience), "the end was not acknowledged");
            }
        }
    }
}
