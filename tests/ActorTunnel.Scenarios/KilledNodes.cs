using ActorTunnel.Scenarios.Support;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios;

/// <summary>
/// A node that is killed can tell nobody anything, and its kernel, left to itself, would end connections that have nothing unread with a FIN. What it had ends
/// with resets all the same.
/// </summary>
public sealed class KilledNodes(ITestOutputHelper output) : Story
{
    private const int Busy = 2; // The full size is a row of scripts/catalogue.sh.
    private const int Silent = 10;
    private const int TooMuch = 2_000_000_000; // Nobody comes to its end before the kill.

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_application_and_every_origin_sees_a_reset_whatever_its_tunnel_was_doing(bool encapsulatorIsKilled)
    {
        var origin = Own(Origin.Start());
        var terminator = Own(await NodeProcess.TerminatorAsync(origin.Address, output));
        var encapsulator = Own(await NodeProcess.EncapsulatorAsync(terminator.Address, output));
        using var busy = new Transfers(Busy);
        for (var i = 0; i < Busy; i++)
        {
            busy.All[i] = new Transfer(i, TooMuch, await Peer.ConnectAsync(encapsulator.Address), await origin.AcceptAsync());
        }

        using var silent = new Transfers(Silent);
        for (var i = 0; i < Silent; i++)
        {
            silent.All[i] = new Transfer(Busy + i, 0, await Peer.ConnectAsync(encapsulator.Address), await origin.AcceptAsync());

            // A byte each way proves that both relays run; after it this one says nothing any more.
            await silent.All[i].Application.SendAsync(new byte[] { 1 });
            await silent.All[i].Origin.ReceiveAsync(1);
            await silent.All[i].Origin.SendAsync(new byte[] { 2 });
            await silent.All[i].Application.ReceiveAsync(1);
        }

        using var halfClosed = await Peer.ConnectAsync(encapsulator.Address);
        using var halfClosedFar = await origin.AcceptAsync();
        halfClosed.SendFin();
        await halfClosedFar.ExpectToEndAsync([]);

        var running = busy.All.Select(transfer => Task.Run(transfer.ExpectResetAsync)).ToList();
        await Eventually.TrueAsync(
            () => busy.All.All(transfer => transfer.Application.BytesReceived > 0 && transfer.Origin.BytesReceived > 0), () => "not all transfers run");
        (encapsulatorIsKilled ? encapsulator : terminator).Kill();

        await Task.WhenAll(running);
        foreach (var transfer in silent.All)
        {
            Assert.Equal((0, 0), (await transfer.Application.ExpectResetAsync(), await transfer.Origin.ExpectResetAsync()));
        }

        await halfClosed.ExpectResetAsync();
    }

    /// <summary>Its connection has been accepted, and the terminator says nothing: there is no stage yet that could reset anything.</summary>
    [Fact]
    public async Task An_application_that_waits_for_its_tunnel_sees_a_reset_too()
    {
        var door = Own(Origin.Start());
        var encapsulator = Own(await NodeProcess.EncapsulatorAsync(door.Address, output));
        using var application = await Peer.ConnectAsync(encapsulator.Address);
        await Eventually.TrueAsync(
            () => !OperatingSystem.IsLinux() || OpenSockets.Of([encapsulator.Address.Port], []).Count == 2, // The listening one is the other.
            () => "the connection was not accepted");

        encapsulator.Kill();

        Assert.Equal(0, await application.ExpectResetAsync());
    }
}
