using System.Diagnostics;
using System.Net;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Scenarios.Interop;
using ActorTunnel.Scenarios.Support;
using ActorTunnel.TestSupport;
using ActorTunnel.TestSupport.Bytes;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios;

/// <summary>kill -9 of a node: the kernel ends its connections, and nobody may take that for a clean end.</summary>
public sealed class KilledProcesses(ITestOutputHelper output) : Story
{
    private const int Tunnels = 100;
    private const int Silent = 10;

    /// <summary>
    /// Where a process that is killed has not read all, the kernel resets by itself: it is the end that was only written to which would look clean.
    /// </summary>
    private static readonly TunnelDirection?[] Directions = [null, TunnelDirection.ToOrigin, TunnelDirection.ToApplication];

    /// <summary>A second is what it should take, and far less is what it takes; no timeout of any kind is as short as this.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    [LinuxFact]
    public async Task A_killed_terminator_leaves_a_reset_at_every_application_and_every_origin()
    {
        var (origin, terminator, encapsulator) = await StartAsync();

        await ResetsAllAsync(terminator, encapsulator.AddressOf("tunnel-in"), origin);

        await encapsulator.SettledAsync();
        Assert.Equal(1, await encapsulator.SumAsync("actortunnel_sessions_lost_total"));
    }

    [LinuxFact]
    public async Task A_killed_encapsulator_leaves_a_reset_at_every_application_and_every_origin()
    {
        var (origin, terminator, encapsulator) = await StartAsync();

        await ResetsAllAsync(encapsulator, encapsulator.AddressOf("tunnel-in"), origin);

        await terminator.SettledAsync();
        await terminator.CountsAsync("actortunnel_sessions_open", 0);
    }

    /// <summary>Left to itself, the kernel would end connections that have nothing unread with a FIN.</summary>
    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tunnels_that_are_silent_or_half_closed_end_with_resets_too(bool encapsulatorIsKilled)
    {
        var (origin, terminator, encapsulator) = await StartAsync();
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

    [LinuxFact]
    public async Task New_tunnels_go_to_the_other_terminator_at_once_and_to_both_when_the_killed_one_is_back()
    {
        var pem = Own(new PemFiles());
        var mortal = Own(Origin.Start());
        var lasting = Own(Origin.Start());
        var killed = Own(await NodeProcess.StartAsync(pem, NodeFiles.Terminator(pem, mortal.Address), output));
        var address = killed.AddressOf("connect-in");
        var other = Own(await StoryNode.StartAsync(StorySettings.Terminator(lasting.Address, Security.Tls)));
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings
            .Encapsulator(Security.Tls, address, other.AddressOf("connect-in"))
            .WithUpstream(upstream => upstream with { MaxBackoff = TimeSpan.FromMilliseconds(400) })));
        var entrance = encapsulator.AddressOf("tunnel-in");
        using var lost = await OpenAsync(1, entrance, mortal);
        using var kept = await OpenAsync(2, entrance, lasting);
        var losing = lost.ExpectResetAsync();
        await lost.UnderWay;

        killed.Kill();

        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 10; i++)
        {
            using var next = await OpenAsync(10 + i, entrance, lasting);
            await next.ExpectCompleteAsync();
        }

        Assert.True(clock.Elapsed < Soon, $"ten tunnels took {clock.Elapsed}");
        await losing;
        await kept.ExpectCompleteAsync();

        Own(await NodeProcess.StartAsync(pem, NodeFiles.Terminator(pem, mortal.Address, port: address.Port), output));
        await encapsulator.CountsAsync("sessions.open", 2); // It was dialled again without a tunnel that asked for it.
        using (var first = await Peer.ConnectAsync(entrance))
        using (var second = await Peer.ConnectAsync(entrance))
        using (await mortal.AcceptAsync())
        using (await lasting.AcceptAsync())
        {
            Assert.False(mortal.HasPending || lasting.HasPending);
        }

        await encapsulator.SettledAsync();
        Assert.DoesNotContain(encapsulator.AccessLog, entry => entry.FailureReason is not null);
    }

    /// <summary>A tunnel that is known to end at this origin, with a megabyte each way; endless for the one that will break.</summary>
    private static async Task<Transfer> OpenAsync(int tunnel, IPEndPoint entrance, Origin origin)
    {
        var application = await Peer.ConnectAsync(entrance);
        return new Transfer(tunnel, tunnel == 1 ? Transfer.Endless : 1_000_000, application, await origin.AcceptAsync());
    }

    /// <summary>Transfers through every tunnel; the node is killed, and all of them are reset with nothing wrong before it.</summary>
    private async Task ResetsAllAsync(NodeProcess victim, IPEndPoint entrance, Origin origin)
    {
        using var transfers = new Transfers(Tunnels);
        for (var i = 0; i < Tunnels; i++)
        {
            var application = await Peer.ConnectAsync(entrance);
            transfers.All[i] = new Transfer(i, Transfer.Endless, application, await origin.AcceptAsync(), Directions[i % Directions.Length]);
        }

        var resets = transfers.All.Select(transfer => transfer.ExpectResetAsync()).ToList();
        await Task.WhenAll(transfers.All.Select(transfer => transfer.UnderWay));

        victim.Kill();

        var clock = Stopwatch.StartNew();
        await Task.WhenAll(resets);
        output.WriteLine($"{2 * Tunnels} resets {clock.ElapsedMilliseconds} ms after the kill");
        Assert.True(clock.Elapsed < Soon, $"the last reset came after {clock.Elapsed}");
    }

    private async Task<(Origin Origin, NodeProcess Terminator, NodeProcess Encapsulator)> StartAsync()
    {
        var pem = Own(new PemFiles());
        var origin = Own(Origin.Start());
        var terminator = Own(await NodeProcess.StartAsync(pem, NodeFiles.Terminator(pem, origin.Address), output));
        var encapsulator = Own(await NodeProcess.StartAsync(pem, NodeFiles.Encapsulator(pem, http2: "", terminator.AddressOf("connect-in")), output));
        return (origin, terminator, encapsulator);
    }
}
