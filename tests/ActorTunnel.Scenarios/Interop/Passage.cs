using System.Buffers.Binary;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios.Interop;

/// <summary>
/// A way from applications to an origin of which one half is ours and the other is not, and what has to hold on it whoever the other is.
/// </summary>
/// <param name="ours">Our half, which must write what the ends saw.</param>
/// <param name="origin">Takes its connections one by one.</param>
/// <param name="dial">An application's connection to the way's entrance, behind whatever has to be said there first.</param>
internal sealed class Passage(StoryNode ours, Origin origin, Func<Task<Peer>> dial)
{
    private const string Clean = "clean/downstream clean/upstream";

    /// <summary>Nothing, around the frame sizes that are in use (16 KiB, our 64 KiB), and more than every window.</summary>
    public static readonly int[] Sizes = [0, 1, 9, 16_375, 16_383, 16_384, 16_385, 65_527, 65_535, 65_536, 65_537, 3 * 1024 * 1024 + 7];

    public StoryNode Ours => ours;

    /// <summary>An application and the origin's end of its tunnel.</summary>
    public async Task<(Peer Application, Peer Origin)> OpenAsync()
    {
        var application = await dial();
        return (application, await origin.AcceptAsync());
    }

    /// <summary>Both ways at once, with a payload of another size each way.</summary>
    public async Task CarriesEverySizeBothWaysAsync()
    {
        foreach (var (there, back) in Sizes.Zip(Sizes.Reverse()))
        {
            var (application, far) = await OpenAsync();
            using (application)
            using (far)
            {
                await Task.WhenAll(SendToEndAsync(application, far, there), SendToEndAsync(far, application, back));
            }

            await WroteAsync(Clean, there, back);
        }
    }

    /// <summary>A clean end one way leaves the other way open, whichever was first.</summary>
    public async Task LetsEitherEndFirstAsync()
    {
        await LetsTheApplicationEndFirstAsync();
        var (application, far) = await OpenAsync();
        using (application)
        using (far)
        {
            await SendToEndAsync(far, application, 100_000);
            await SendToEndAsync(application, far, 300_000);
        }

        await WroteAsync(Clean, 300_000, 100_000);
    }

    public async Task LetsTheApplicationEndFirstAsync()
    {
        var (application, far) = await OpenAsync();
        using (application)
        using (far)
        {
            await SendToEndAsync(application, far, 100_000);
            await SendToEndAsync(far, application, 300_000);
        }

        await WroteAsync(Clean, 100_000, 300_000);
    }

    /// <summary>All are open before the first byte; each origin's end learns from its first bytes whose it is.</summary>
    public async Task CarriesManyAtOnceAsync(int tunnels, int bytesEachWay)
    {
        var applications = await Task.WhenAll(Enumerable.Range(0, tunnels).Select(_ => dial()));
        await ours.CountsAsync("tunnels.open", tunnels);

        var origins = Enumerable.Range(0, tunnels).Select(_ => AnswerOneAsync(bytesEachWay));
        await Task.WhenAll([.. applications.Select((application, id) => AskAsync(application, id, bytesEachWay)), .. origins]);

        await ours.CountsAsync("tunnels.open", 0);
        await ours.CountsAsync("tunnels.bytes{direction=to-upstream}", (long)tunnels * (bytesEachWay + sizeof(int)));
        await ours.CountsAsync("tunnels.bytes{direction=to-downstream}", (long)tunnels * bytesEachWay);
        Assert.All(ours.AccessLog, entry => Assert.Equal(Clean, EndsOf(entry)));
    }

    /// <summary>A reset of the application's connection becomes one of the origin's.</summary>
    public Task TellsTheOriginOfAResetAsync() => ResetAsync(byApplication: true, PeerEnd.Reset, "reset/downstream reset/downstream");

    /// <summary>A reset of the origin's connection becomes one of the application's.</summary>
    public Task TellsTheApplicationOfAResetAsync() => ResetAsync(byApplication: false, PeerEnd.Reset, "reset/upstream reset/upstream");

    /// <summary>One end resets after a while.</summary>
    /// <param name="byApplication">Whose end that is; else the origin's.</param>
    /// <param name="seen">What the other end sees; null where a clean end and a reset come so close that it may be either.</param>
    /// <param name="ends">What our access log tells of it, before the other end has ended too.</param>
    public async Task ResetAsync(bool byApplication, PeerEnd? seen, string ends)
    {
        foreach (var after in new[] { 0, 1, 200_000 })
        {
            var (application, far) = await OpenAsync();
            await Task.WhenAll(far.SendAsync(new byte[1]), application.ReceiveAsync(1)); // An origin that resets before the 200 is a failure of another kind.
            var (from, to) = byApplication ? (application, far) : (far, application);
            using (to)
            {
                var sent = Payload.Of(after, seed: after);
                await Task.WhenAll(from.SendAsync(sent), to.ReceiveAsync(after));
                from.Reset();
                var (rest, end) = await to.ReceiveToEndAsync();
                Assert.Empty(rest);
                Assert.Equal(seen ?? end, end);
                Assert.Equal(ends, EndsOf(await ours.NextAccessAsync()));
            }
        }
    }

    /// <summary>Reads an access-log line of ours and checks how the two directions ended and what went through.</summary>
    public async Task WroteAsync(string ends, long toUpstream, long toDownstream)
    {
        var entry = await ours.NextAccessAsync();
        Assert.Equal(ends, EndsOf(entry));
        Assert.Equal((toUpstream, toUpstream), (entry.BytesFromDownstream, entry.BytesToUpstream));
        Assert.Equal((toDownstream, toDownstream), (entry.BytesFromUpstream, entry.BytesToDownstream));
    }

    private static string EndsOf(AccessLogEntry entry) => $"{entry.UpstreamEnd} {entry.DownstreamEnd}";

    private static async Task SendToEndAsync(Peer from, Peer to, int size)
    {
        var sent = Payload.Of(size, seed: size);
        var receiving = to.ExpectToEndAsync(sent);
        await from.SendAsync(sent).InTime();
        from.SendFin();
        await receiving;
    }

    private static async Task AskAsync(Peer application, int id, int size)
    {
        using (application)
        {
            var request = new byte[sizeof(int) + size];
            BinaryPrimitives.WriteInt32BigEndian(request, id);
            Payload.Of(size, seed: 2 * id).CopyTo(request, sizeof(int));
            var receiving = application.ExpectToEndAsync(Payload.Of(size, seed: (2 * id) + 1));
            await application.SendAsync(request).InTime();
            application.SendFin();
            await receiving;
        }
    }

    private async Task AnswerOneAsync(int size)
    {
        using var far = await origin.AcceptAsync();
        var id = BinaryPrimitives.ReadInt32BigEndian(await far.ReceiveAsync(sizeof(int)));
        var receiving = far.ExpectToEndAsync(Payload.Of(size, seed: 2 * id));
        await far.SendAsync(Payload.Of(size, seed: (2 * id) + 1)).InTime();
        far.SendFin();
        await receiving;
    }
}
