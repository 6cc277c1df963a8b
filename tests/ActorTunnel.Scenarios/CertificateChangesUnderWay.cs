using System.Net;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Scenarios.Support;
using ActorTunnel.TestSupport.Network;

namespace ActorTunnel.Scenarios;

/// <summary>Certificates change while a session is still on its way and tunnels wait for it: none of them is refused.</summary>
public sealed class CertificateChangesUnderWay : Story
{
    private const int Waiting = 5;

    private static readonly CertificateMaterial NextServer = TestCertificates.Shared.IssueServer("next-server");
    private static readonly CertificateMaterial NextClient = TestCertificates.Shared.IssueClient("next-client");

    /// <summary>What is on its way for so long leaves time for a change.</summary>
    private static readonly FaultPlan Slow = new() { Latency = TimeSpan.FromMilliseconds(400) };

    [Fact]
    public async Task A_session_whose_handshake_began_with_our_old_certificate_gets_no_tunnel()
    {
        var (origin, terminator, cable, encapsulator) = await StartAsync();
        var applications = await ConnectAsync(encapsulator, Waiting);
        await MoreThanAsync(cable, 0); // The hello is on its way.

        ReplaceClient(encapsulator);

        Assert.Equal(SessionState.Handshaking, await StateAsync(encapsulator));
        await AllPassAsync(applications, origin);
        Assert.Equal(["CN=client", "CN=next-client"], terminator.SessionLog.Select(session => session.PeerSubject));
        await AllWentThroughAsync(encapsulator, "upstreams/terminators/session-2");
        await IsRetiredAsync(encapsulator, terminator);
    }

    [Fact]
    public async Task A_session_whose_handshake_began_with_the_terminators_old_certificate_is_retired_and_refuses_nobody()
    {
        var (origin, terminator, cable, encapsulator) = await StartAsync();
        var applications = await ConnectAsync(encapsulator, Waiting);
        await MoreThanAsync(cable, await MoreThanAsync(cable, 0)); // The terminator has had the hello and answered.

        ReplaceServer(terminator);

        Assert.Equal(SessionState.Handshaking, await StateAsync(terminator));
        await AllPassAsync(applications, origin); // Perhaps through this session: GOAWAY lets those in that did not know of it.
        await encapsulator.SettledAsync();
        await AllPassAsync(await ConnectAsync(encapsulator, 1), origin);
        await encapsulator.SettledAsync();
        Assert.Equal(["CN=server", "CN=next-server"], encapsulator.SessionLog.Select(session => session.PeerSubject));
        Assert.Equal("upstreams/terminators/session-2", encapsulator.AccessLog.Last().Session);
        Assert.DoesNotContain(encapsulator.AccessLog, entry => entry.FailureReason is not null);
        await IsRetiredAsync(encapsulator, terminator);
    }

    [Fact]
    public async Task A_session_that_is_still_being_dialled_begins_with_the_new_certificate()
    {
        var answer = new TaskCompletionSource<IPAddress[]>();
        var origin = Own(Origin.Start());
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, Security.MutualTls)));
        var door = terminator.AddressOf("connect-in");
        var encapsulator = Own(await StoryNode.StartAsync(
            StorySettings.Encapsulator(Security.MutualTls, door).WithUpstream(upstream => upstream with
            {
                Endpoints = [new EndpointAddress("terminator.test", door.Port)],
            }),
            (_, _) => answer.Task));
        var applications = await ConnectAsync(encapsulator, Waiting);
        Assert.Equal(SessionState.Dialing, await StateAsync(encapsulator));

        ReplaceClient(encapsulator);

        Assert.Equal(SessionState.Dialing, await StateAsync(encapsulator));
        answer.SetResult([IPAddress.Loopback]);
        await AllPassAsync(applications, origin);
        Assert.Equal(["CN=next-client"], terminator.SessionLog.Select(session => session.PeerSubject));
        await AllWentThroughAsync(encapsulator, "upstreams/terminators/session-1");
        Assert.Equal(0, encapsulator.Counters.Sum("sessions.retired"));
    }

    [Fact]
    public async Task Tunnels_that_are_opened_while_both_sides_change_again_and_again_are_all_served()
    {
        const int Changes = 20;
        var origin = Own(Origin.Echo());
        var topology = Own(await Topology.StartAsync(origin.Address, Security.MutualTls));
        var served = 0;
        var changing = true;
        var opening = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (Volatile.Read(ref changing))
            {
                using var application = await Peer.ConnectAsync(topology.Entrance);
                await application.SendAsync(new byte[] { 1, 2, 3 });
                application.SendFin();
                await application.ExpectToEndAsync([1, 2, 3]);
                Interlocked.Increment(ref served);
            }
        })).ToList();

        for (var change = 0; change < Changes; change++)
        {
            var before = Volatile.Read(ref served);
            ReplaceClient(topology.Encapsulator);
            ReplaceServer(topology.Terminator);
            await Eventually.TrueAsync(
                () => opening.Exists(task => task.IsCompleted) || Volatile.Read(ref served) > before, () => $"no tunnel was served after change {change}");
        }

        Volatile.Write(ref changing, false);
        await Task.WhenAll(opening);
        Assert.DoesNotContain(topology.Encapsulator.AccessLog, entry => entry.FailureReason is not null);
        Assert.Equal(0, topology.Encapsulator.Counters.Sum("sessions.lost"));
    }

    private static void ReplaceClient(StoryNode encapsulator) => encapsulator.Node.ReplaceUpstreamTls("terminators", new ClientTlsSettings
    {
        Ca = TestCertificates.Shared.Ca, VerifyName = "localhost", Certificate = NextClient,
    });

    private static void ReplaceServer(StoryNode terminator) => terminator.Node.ReplaceListenerTls("connect-in", new ServerTlsSettings
    {
        Certificate = NextServer, ClientCa = TestCertificates.Shared.Ca,
    });

    /// <summary>Where the only session is. The question goes the way of a change, so it is answered behind one.</summary>
    private static async Task<SessionState> StateAsync(StoryNode node) =>
        Assert.Single((await node.Node.Status.GetSessionsAsync(2, Eventually.Patience)).Items).State;

    /// <summary>Applications that wait for a session.</summary>
    private static async Task<List<Peer>> ConnectAsync(StoryNode encapsulator, int count)
    {
        var applications = new List<Peer>();
        for (var i = 0; i < count; i++)
        {
            applications.Add(await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in")));
        }

        await encapsulator.CountsAsync("connections.open", count);
        return applications;
    }

    /// <summary>Bytes and a clean end each way through every tunnel.</summary>
    private static async Task AllPassAsync(List<Peer> applications, Origin origin)
    {
        for (var i = 0; i < applications.Count; i++)
        {
            await applications[i].SendAsync(new[] { (byte)i });
            applications[i].SendFin();
        }

        for (var i = 0; i < applications.Count; i++)
        {
            using var far = await origin.AcceptAsync();
            var (bytes, end) = await far.ReceiveToEndAsync();
            Assert.Equal(PeerEnd.Fin, end);
            await far.SendAsync(bytes); // Back to whose it is.
            far.SendFin();
        }

        for (var i = 0; i < applications.Count; i++)
        {
            using var application = applications[i];
            await application.ExpectToEndAsync([(byte)i]);
        }
    }

    private static async Task AllWentThroughAsync(StoryNode encapsulator, string session)
    {
        for (var i = 0; i < Waiting; i++)
        {
            var entry = await encapsulator.NextAccessAsync();
            Assert.Equal((session, null), (entry.Session, entry.FailureReason));
        }
    }

    /// <summary>The first session ended by itself and in order.</summary>
    private static async Task IsRetiredAsync(StoryNode encapsulator, StoryNode terminator)
    {
        await encapsulator.CountsAsync("sessions.retired", 1);
        foreach (var node in new[] { encapsulator, terminator })
        {
            await node.CountsAsync("sessions.open", 1);
            Assert.Equal(0, node.Counters.Sum("sessions.lost"));
        }
    }

    /// <summary>Waits for more bytes in the cable than there were; returns how many there are.</summary>
    private static async Task<long> MoreThanAsync(FaultPipe cable, long before)
    {
        await Eventually.TrueAsync(() => cable.Bytes > before, () => $"{cable.Bytes} bytes came into the cable");
        return cable.Bytes;
    }

    private async Task<(Origin Origin, StoryNode Terminator, FaultPipe Cable, StoryNode Encapsulator)> StartAsync()
    {
        var origin = Own(Origin.Start());
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, Security.MutualTls)));
        var cable = Own(new FaultPipe(terminator.AddressOf("connect-in"), number => number == 0 ? new LinkFaults(Slow, Slow) : LinkFaults.None));
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings.Encapsulator(Security.MutualTls, cable.Address)));
        return (origin, terminator, cable, encapsulator);
    }
}
