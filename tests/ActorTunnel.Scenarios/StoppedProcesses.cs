using System.Diagnostics;
using System.Net;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Scenarios.Interop;
using ActorTunnel.Scenarios.Support;
using ActorTunnel.TestSupport;
using ActorTunnel.TestSupport.Network;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios;

/// <summary>
/// A node stands still (SIGSTOP): its kernel goes on to acknowledge what is sent to it and to take connections, so only its own silence tells.
/// </summary>
public sealed class StoppedProcesses(ITestOutputHelper output) : Story
{
    private const int Tunnels = 4;

    private static readonly Http2Settings Asking = new()
    {
        PingInterval = TimeSpan.FromMilliseconds(400), PingTimeout = TimeSpan.FromMilliseconds(2_400), HandshakeTimeout = TimeSpan.FromSeconds(4),
    };

    [LinuxFact]
    public async Task A_terminator_that_stands_still_loses_its_tunnels_and_gets_no_more_until_it_goes_on()
    {
        var pem = Own(new PemFiles());
        var still = Own(Origin.Start());
        var lasting = Own(Origin.Start());
        var terminator = Own(await NodeProcess.StartAsync(pem, NodeFiles.Terminator(pem, still.Address), output));
        var other = Own(await StoryNode.StartAsync(StorySettings.Terminator(lasting.Address, Security.Tls)));
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings
            .Encapsulator(Security.Tls, terminator.AddressOf("connect-in"), other.AddressOf("connect-in"))
            .WithUpstream(upstream => upstream with { Http2 = Asking, MaxBackoff = TimeSpan.FromMilliseconds(400) })));
        var entrance = encapsulator.AddressOf("tunnel-in");
        var (lost, kept) = (new List<Tunnel>(), new List<Tunnel>());
        for (var i = 0; i < Tunnels; i++)
        {
            lost.Add(await OpenAsync(entrance, still));
            kept.Add(await OpenAsync(entrance, lasting));
        }

        await terminator.FreezeAsync();

        var clock = Stopwatch.StartNew();
        var late = await OpenAllAsync(entrance, lasting);
        await Task.WhenAll(lost.Select(tunnel => tunnel.Application.ExpectResetAsync()));
        output.WriteLine($"new tunnels and resets {clock.ElapsedMilliseconds} ms after SIGSTOP");
        await encapsulator.CountsAsync("limits.hit{limit=ping-timeout}", 1);
        late.AddRange(await OpenAllAsync(entrance, lasting));
        await Task.WhenAll(kept.Concat(late).Select(tunnel => tunnel.EndCleanlyAsync()));
        Assert.False(still.HasPending);

        terminator.Thaw();

        await Task.WhenAll(lost.Select(tunnel => tunnel.Origin.ExpectResetAsync()));
        await terminator.SettledAsync();
        await encapsulator.CountsAsync("sessions.open", 2);
        using (await ConnectAndEndAsync(entrance))
        using (await ConnectAndEndAsync(entrance))
        using (await AcceptLivingAsync(lasting))
        using (await AcceptLivingAsync(still))
        {
            // One of two tunnels goes to it again.
        }

        Assert.Equal(1, encapsulator.Counters.Sum("sessions.lost"));
        Assert.DoesNotContain(encapsulator.AccessLog, entry => entry.FailureReason is not null);
        lost.ForEach(tunnel => tunnel.Dispose());
    }

    [LinuxFact]
    public async Task An_encapsulator_that_stands_still_loses_its_tunnels_at_the_origins_and_when_it_goes_on_at_its_applications()
    {
        var pem = Own(new PemFiles());
        var origin = Own(Origin.Start());
        var terminator = Own(await StoryNode.StartAsync(StorySettings
            .Terminator(origin.Address, Security.Tls)
            .WithConnect(listener => listener with { Http2 = Asking })));
        var encapsulator = Own(await NodeProcess.StartAsync(pem, NodeFiles.Encapsulator(pem, http2: "", terminator.AddressOf("connect-in")), output));
        var entrance = encapsulator.AddressOf("tunnel-in");
        var tunnels = await OpenAllAsync(entrance, origin);

        await encapsulator.FreezeAsync();

        await Task.WhenAll(tunnels.Select(tunnel => tunnel.Origin.ExpectResetAsync()));
        await terminator.CountsAsync("limits.hit{limit=ping-timeout}", 1);
        await terminator.SettledAsync();
        await terminator.CountsAsync("sessions.open", 0);
        using var early = await Peer.ConnectAsync(entrance); // The kernel takes it for a process that stands still.
        await early.SendAsync(new byte[] { 7 });

        encapsulator.Thaw();

        await Task.WhenAll(tunnels.Select(tunnel => tunnel.Application.ExpectResetAsync()));
        using (var far = await origin.AcceptAsync())
        {
            Assert.Equal([7], await far.ReceiveAsync(1));
            early.SendFin();
            far.SendFin();
            await early.ExpectToEndAsync([]);
            await far.ExpectToEndAsync([]);
        }

        await encapsulator.SettledAsync();
        Assert.Equal(1, await encapsulator.SumAsync("actortunnel_sessions_lost_total"));
        tunnels.ForEach(tunnel => tunnel.Dispose());
    }

    [LinuxFact]
    public async Task Who_stood_still_itself_for_longer_than_the_timeout_calls_no_living_peer_dead()
    {
        const int Sessions = 8;
        var pem = Own(new PemFiles());
        var origin = Own(Origin.Start());
        var terminator = Own(await StoryNode.StartAsync(StorySettings
            .Terminator(origin.Address, Security.Tls)
            .WithConnect(listener => listener with { Http2 = new Http2Settings { PingInterval = TimeSpan.Zero, WriteTimeout = TimeSpan.Zero } })));

        // An answer is so long on its way that hardly a moment is without a question: who stops has asked, and finds that time is up when he goes on.
        var slow = new FaultPlan { Latency = TimeSpan.FromMilliseconds(100) };
        var cables = Enumerable.Range(0, Sessions)
            .Select(_ => Own(new FaultPipe(terminator.AddressOf("connect-in"), _ => new LinkFaults(slow, slow))))
            .ToList();
        var encapsulator = Own(await NodeProcess.StartAsync(
            pem, NodeFiles.Encapsulator(pem, "ping-interval = 50ms, ping-timeout = 2500ms", cables.Select(cable => cable.Address)), output));
        var tunnels = await OpenAllAsync(encapsulator.AddressOf("tunnel-in"), origin, Sessions);

        await encapsulator.FreezeAsync();
        await Task.Delay(TimeSpan.FromSeconds(3)); // Longer than that timeout, and than a timer may be late: this is what it is about.
        encapsulator.Thaw();

        var before = cables.Select(cable => cable.Bytes).ToList();
        await Task.WhenAll(tunnels.Select(tunnel => tunnel.PassAsync()));
        await Task.WhenAll(cables.Select((cable, i) => PingsAsync(cable, before[i], 3)));
        await Task.WhenAll(tunnels.Select(tunnel => tunnel.EndCleanlyAsync()));
        await encapsulator.SettledAsync();
        Assert.Equal(0, await encapsulator.SumAsync("actortunnel_sessions_lost_total"));
        Assert.All(cables, cable => Assert.Equal(1, cable.Connections));
    }

    /// <summary>So many PINGs and answers, at least, went through a cable.</summary>
    private static Task PingsAsync(FaultPipe cable, long before, int count) => Eventually.TrueAsync(
        () => cable.Bytes >= before + (count * 78), () => $"only {cable.Bytes - before} bytes went through the cable");

    /// <summary>Tunnels that are asked for at once and end at this origin.</summary>
    private static async Task<List<Tunnel>> OpenAllAsync(IPEndPoint entrance, Origin origin, int count = Tunnels)
    {
        var applications = new Dictionary<byte, Peer>();
        for (byte i = 0; i < count; i++)
        {
            applications[i] = await Peer.ConnectAsync(entrance);
            await applications[i].SendAsync(new[] { i });
        }

        var tunnels = new List<Tunnel>();
        for (var i = 0; i < count; i++)
        {
            var far = await origin.AcceptAsync();
            tunnels.Add(new Tunnel(applications[(await far.ReceiveAsync(1))[0]], far));
        }

        return tunnels;
    }

    private static async Task<Peer> ConnectAndEndAsync(IPEndPoint entrance)
    {
        var application = await Peer.ConnectAsync(entrance);
        await application.SendAsync(new byte[] { 9 });
        application.SendFin();
        return application;
    }

    /// <summary>
    /// The next connection through which a byte comes. A CONNECT that its terminator read too late was tried elsewhere meanwhile; nothing comes of it but a reset.
    /// </summary>
    private static async Task<Peer> AcceptLivingAsync(Origin origin)
    {
        while (true)
        {
            var far = await origin.AcceptAsync();
            var (bytes, end) = await far.ReceiveToEndAsync();
            if (bytes.Length > 0)
            {
                return far;
            }

            Assert.Equal(PeerEnd.Reset, end);
            far.Dispose();
        }
    }

    private static async Task<Tunnel> OpenAsync(IPEndPoint entrance, Origin origin) => (await OpenAllAsync(entrance, origin, 1))[0];

    /// <summary>The two ends of a tunnel.</summary>
    private sealed record Tunnel(Peer Application, Peer Origin) : IDisposable
    {
        /// <summary>A byte goes each way.</summary>
        public async Task PassAsync()
        {
            await Application.SendAsync(new byte[] { 1 });
            Assert.Equal([1], await Origin.ReceiveAsync(1));
            await Origin.SendAsync(new byte[] { 2 });
            Assert.Equal([2], await Application.ReceiveAsync(1));
        }

        /// <summary>Bytes go each way, and a clean end behind them.</summary>
        public async Task EndCleanlyAsync()
        {
            await ProxyClient.PassAsync(Application, Origin, Payload.Of(1_000, seed: 1));
            await ProxyClient.PassAsync(Origin, Application, Payload.Of(1_000, seed: 2));
            Dispose();
        }

        public void Dispose()
        {
            Application.Dispose();
            Origin.Dispose();
        }
    }
}
