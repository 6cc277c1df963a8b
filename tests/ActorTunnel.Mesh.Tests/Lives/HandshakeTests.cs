using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using ActorTunnel.Mesh.Lives;
using ActorTunnel.Mesh.Membership;
using ActorTunnel.Proxy.Settings;
using Akka.Actor;
using Akka.Configuration;
using Akka.Remote;
using Xunit;
using Xunit.Abstractions;

namespace ActorTunnel.Mesh.Tests.Lives;

/// <summary>How two members begin to talk.</summary>
public sealed class HandshakeTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly TestMesh _mesh = new(output);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _mesh.DisposeAsync();

    /// <summary>What is held back here is heard only when the peer has given up, and is then taken for the peer's fault.</summary>
    [Fact]
    public async Task Who_greets_as_soon_as_TLS_allows_it_is_answered_before_anything_else_is_sent()
    {
        var node = await _mesh.StartAsync("node", tls: TestMeshTls.Of("node"));

        // Without TLS's last flight in the same segment, which is chance, it is answered anyway.
        for (var peer = 1; peer <= 100; peer++)
        {
            Assert.True(await IsAnsweredAsync(node.Address, peer), $"the greeting of peer {peer} was not answered");
        }
    }

    /// <summary>
    /// Two that dial each other at one time each read what the other one dialled. If one of them gives its own dial up and writes on the other's connection instead, nobody reads there any more.
    /// </summary>
    [Fact]
    public async Task Nobody_writes_on_a_connection_that_another_member_dialled()
    {
        var node = await _mesh.StartAsync("node");
        await TestMesh.MeetAsync(Limit, node);
        using var peer = ActorSystem.Create(LifeConfiguration.SystemName, ConfigurationFactory.ParseString(
            """
            akka {
              loggers = []
              stdout-loglevel = OFF
              actor.provider = remote
              coordinated-shutdown.run-by-clr-shutdown-hook = off
              remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0, applied-adapters = ["trttl"] }
            }
            """));
        var connections = Inbox.Create(peer);
        peer.EventStream.Subscribe(connections.Receiver, typeof(AssociatedEvent));

        await peer.ActorSelection(new RootActorPath(node.SystemAddress) / "user" / MeshActor.Name).ResolveOne(Limit);

        var ways = new List<bool>();
        while (ways.Count < 2)
        {
            ways.Add(((AssociatedEvent)await connections.ReceiveAsync(Limit)).IsInbound);
        }

        Assert.Equal([false, true], ways.Order());
        await peer.Terminate();
    }

    private static async Task<bool> IsAnsweredAsync(EndpointAddress node, int peer)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(node.Host, node.Port);
        await using var tls = new SslStream(new NetworkStream(socket), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "peer",
            ClientCertificates = [TestMeshTls.Of("peer").Certificate.Leaf],
        });
        await tls.WriteAsync(Associate(peer));
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(900)); // The node itself gives up after a second.
        try
        {
            return await tls.ReadAsync(new byte[1], limit.Token) == 1;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Akka.Remote's first message on a connection, with its length in front.</summary>
    private static byte[] Associate(int peer)
    {
        byte[] address = [.. Field(1, LifeConfiguration.SystemName), .. Field(2, "127.0.0.1"), 3 << 3, (byte)peer, .. Field(4, "ssl.tcp")];
        byte[] uid = [(2 << 3) | 1, (byte)peer, 0, 0, 0, 0, 0, 0, 0];
        byte[] handshake = [.. Field(1, address), .. uid];
        byte[] control = [1 << 3, 1, .. Field(2, handshake)];
        byte[] message = Field(2, control);
        var framed = new byte[sizeof(int) + message.Length];
        BinaryPrimitives.WriteInt32LittleEndian(framed, message.Length);
        message.CopyTo(framed, sizeof(int));
        return framed;
    }

    private static byte[] Field(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    /// <summary>Of a protobuf message, and shorter than 128 bytes.</summary>
    private static byte[] Field(int number, byte[] value) => [(byte)((number << 3) | 2), (byte)value.Length, .. value];
}
