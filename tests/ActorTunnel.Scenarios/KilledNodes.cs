using ActorTunnel.Scenarios.Interop;
using ActorTunnel.Scenarios.Support;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios;

/// <summary>
/// A node that is killed while nothing moves. Its kernel, left to itself, would end connections that have nothing unread with a FIN. What it had ends with resets all the same.
/// </summary>
public sealed class KilledNodes(ITestOutputHelper output) : Story
{
    private const int Silent = 10;

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tunnels_that_are_silent_or_half_closed_end_with_resets_too(bool encapsulatorIsKilled)
    {
        var pem = Own(new PemFiles());
        var origin = Own(Origin.Start());
        var terminator = Own(await NodeProcess.StartAsync(pem, NodeFiles.Terminator(pem, origin.Address), output));
        var encapsulator = Own(await NodeProcess.StartAsync(pem, NodeFiles.Encapsulator(pem, http2: "", terminator.AddressOf("connect-in")), output));
        var entrance = encapsulator.AddressOf("tunnel-in");
        using var silent = new Transfers(Silent);
        for (var i = 0; i < Silent; i++)
        {
            silent.All[i] = new Transfer(i, 0, await Peer.ConnectAsync(entrance), await origin.AcceptAsync());

            // A byte each way proves that both relays run; after it this one says nothing any more.
            await silent.All[i].Application.SendAsync(new byte[] { 1 });
            await silent.All[i].Origin.ReceiveAsync(1);
            await silent.All[i].Origin.SendAsync(new byte[] { 2 });
            await silent.All[i].Application.ReceiveAsync(1);
        }

        using var halfClosed = await Peer.ConnectAsync(entrance);
        using var halfClosedFar = await origin.AcceptAsync();
        halfClosed.SendFin();
        await halfClosedFar.ExpectToEndAsync([]);

        (encapsulatorIsKilled ? encapsulator : terminator).Kill();

        foreach (var transfer in silent.All)
        {
            Assert.Equal((0, 0), (await transfer.Application.ExpectResetAsync(), await transfer.Origin.ExpectResetAsync()));
        }

        await halfClosed.ExpectResetAsync();
    }

    /// <summary>Its connection has been accepted, and the terminator says nothing: there is no stage yet that could reset anything.</summary>
    [LinuxFact]
    public async Task An_application_that_waits_for_its_tunnel_sees_a_reset_too()
    {
        var pem = Own(new PemFiles());
        var door = Own(Origin.Start());
        var encapsulator = Own(await NodeProcess.StartAsync(pem, NodeFiles.Encapsulator(pem, http2: "", door.Address), output));
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        await encapsulator.CountsAsync("actortunnel_connections_open", 1);

        encapsulator.Kill();

        Assert.Equal(0, await application.ExpectResetAsync());
    }
}
