using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using ActorTunnel.Mesh.Lives;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.TestSupport.Certificates;
using Akka.Event;
using Akka.Remote.Hosting;
using Xunit;
using Xunit.Abstractions;

namespace ActorTunnel.Mesh.Tests.Lives;

/// <summary>Who gets in where members speak TLS.</summary>
public sealed class MemberTlsTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    // Some tries to join, and as many dials.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly TestMesh _mesh = new(output);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _mesh.DisposeAsync();

    [Fact]
    public async Task Members_of_one_authority_and_trust_domain_meet()
    {
        var seed = await _mesh.StartAsync("seed", tls: TestMeshTls.Of("seed", trustDomain: "mesh.example"));
        var one = await _mesh.StartAsync("one", [seed], tls: TestMeshTls.Of("one", trustDomain: "mesh.example"));
        await TestMesh.MeetAsync(Limit, seed, one);
    }

    [Fact]
    public async Task Who_speaks_no_TLS_stays_outside() => await StaysOutsideAsync(tls: null);

    [Fact]
    public async Task Who_has_a_certificate_of_another_authority_stays_outside() =>
        await StaysOutsideAsync(TestMeshTls.Of("stranger", authority: TestCertificates.OtherAuthority));

    [Fact]
    public async Task Who_is_of_another_trust_domain_stays_outside() => await StaysOutsideAsync(TestMeshTls.Of("stranger", id: "spiffe://other.example/node"));

    [Fact]
    public async Task Who_has_a_certificate_for_servers_only_stays_outside() => await StaysOutsideAsync(TestMeshTls.Of("stranger", usages: TestMeshTls.ServerAuthentication));

    [Fact]
    public async Task Who_has_a_certificate_for_clients_only_stays_outside() => await StaysOutsideAsync(TestMeshTls.Of("stranger", usages: TestMeshTls.ClientAuthentication));

    [Theory]
    [InlineData($"{TestMeshTls.ServerAuthentication} {TestMeshTls.ClientAuthentication}", true)]
    [InlineData(TestMeshTls.ServerAuthentication, false)]
    [InlineData(TestMeshTls.ClientAuthentication, false)]
    public void A_members_certificate_is_good_for_both_ways(string usages, bool isGood)
    {
        var remote = new RemoteOptions();
        MemberTls.Apply(TestMeshTls.Of("one"), remote);
        var peer = TestMeshTls.Of("peer", usages: usages).Certificate.Leaf;
        Assert.Equal(isGood, remote.Ssl.CustomValidator!(peer, null, "peer", SslPolicyErrors.RemoteCertificateChainErrors, NoLogger.Instance));
    }

    [Fact]
    public async Task A_node_does_not_join_a_mesh_of_another_trust_domain()
    {
        // The seed would let it in.
        var seed = await _mesh.StartAsync("seed", tls: TestMeshTls.Of("seed", id: "spiffe://other.example/node"));
        var one = await _mesh.StartAsync("one", [seed], tls: TestMeshTls.Of("one", trustDomain: "mesh.example"));
        await Task.Delay(Patience);
        Assert.Empty(one.UpMembers);
        Assert.Single(seed.UpMembers);
    }

    [Fact]
    public async Task New_certificates_begin_another_life_that_meets_the_others()
    {
        var seed = await _mesh.StartAsync("seed", tls: TestMeshTls.Of("seed"));
        var one = await _mesh.StartAsync("one", [seed], tls: TestMeshTls.Of("one"));
        await TestMesh.MeetAsync(Limit, seed, one);

        var renewed = TestMeshTls.Of("one");
        one.Mesh.UseTls(renewed);
        await TestMesh.UntilAsync(Limit, () => one.Mesh.Life is { } life && life != one.FirstLife, () => "there was no other life");
        await TestMesh.MeetAsync(Limit, seed, one);
        Assert.Same(seed.FirstLife, seed.Mesh.Life);
    }

    [Fact]
    public async Task A_seed_whose_place_was_taken_by_another_program_costs_no_life()
    {
        using var impostor = new TcpListener(IPAddress.Loopback, 0);
        impostor.Start();
        var dials = 0;
        _ = Task.Run(async () =>
        {
            while (true)
            {
                // It answers no TLS; Akka takes that for a reason to end its system.
                using var socket = await impostor.AcceptSocketAsync();
                Interlocked.Increment(ref dials);
                await socket.SendAsync("220 ready\r\n"u8.ToArray());
            }
        });
        var seed = await _mesh.StartAsync("seed", tls: TestMeshTls.Of("seed"));
        var start = await _mesh.TryStartAsync("one", [seed.Address, new EndpointAddress("127.0.0.1", ((IPEndPoint)impostor.LocalEndpoint).Port)], tls: TestMeshTls.Of("one"));
        var one = _mesh.Add("one", Assert.IsType<MeshStart.Started>(start).Node);
        await TestMesh.MeetAsync(Limit, seed, one);
        var before = Volatile.Read(ref dials);
        await TestMesh.UntilAsync(Limit, () => Volatile.Read(ref dials) >= before + 2, () => "nobody looks for islands there");
        Assert.Same(one.FirstLife, one.Mesh.Life);
        await TestMesh.MeetAsync(TimeSpan.Zero, seed, one);

        // And it still leaves in order: the other hears it before any failure detector could.
        var watch = Stopwatch.StartNew();
        await one.Mesh.LeaveAsync(Limit);
        await TestMesh.MeetAsync(Limit, seed);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"it took {watch.Elapsed}");
    }

    private async Task StaysOutsideAsync(MeshTls? tls)
    {
        var seed = await _mesh.StartAsync("seed", tls: TestMeshTls.Of("seed", trustDomain: "mesh.example"));
        var one = await _mesh.StartAsync("one", [seed], tls: TestMeshTls.Of("one", trustDomain: "mesh.example"));
        await TestMesh.MeetAsync(Limit, seed, one);
        var stranger = await _mesh.StartAsync("stranger", [seed, one], tls: tls);
        await Task.Delay(Patience);
        Assert.Empty(stranger.UpMembers);
        await TestMesh.MeetAsync(TimeSpan.Zero, seed, one);
        Assert.Same(seed.FirstLife, seed.Mesh.Life);
        Assert.Same(one.FirstLife, one.Mesh.Life);
    }
}
