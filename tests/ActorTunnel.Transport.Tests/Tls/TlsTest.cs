using System.Net.Security;
using ActorTunnel.TestSupport.Certificates;
using ActorTunnel.TestSupport.Streams;
using ActorTunnel.Transport.Tls;
using Akka.Streams.Dsl;
using Xunit;

namespace ActorTunnel.Transport.Tests.Tls;

/// <summary>
/// Two TLS stages whose bytes are moved by hand: the plaintext side of each is a session's place, the wires between them are the test's.
/// </summary>
public abstract class TlsTest : StageTest
{
    private readonly List<TlsInfo> _clientInfos = [];
    private readonly List<TlsInfo> _serverInfos = [];
    private bool _clientEndPassedOn;
    private bool _serverEndPassedOn;

    protected Hand Client { get; private set; } = null!;

    protected Hand ClientWire { get; private set; } = null!;

    protected Hand Server { get; private set; } = null!;

    protected Hand ServerWire { get; private set; } = null!;

    protected IReadOnlyList<TlsInfo> ClientInfos => Copy(_clientInfos);

    protected IReadOnlyList<TlsInfo> ServerInfos => Copy(_serverInfos);

    /// <summary>Starts both sides; nothing moves between them yet.</summary>
    protected void Start(
        SslClientAuthenticationOptions? client = null, SslServerAuthenticationOptions? server = null, bool wireTakesAll = true)
    {
        var clientStage = TlsStage.Client(client ?? TestCertificates.ClientOptions(), Pool, info => Add(_clientInfos, info));
        var serverStage = TlsStage.Server(server ?? TestCertificates.ServerOptions(), Pool, info => Add(_serverInfos, info));
        (Client, ClientWire) = Run(clientStage);
        (Server, ServerWire) = Run(serverStage);
        ServerWire.TakeAll();
        if (wireTakesAll)
        {
            ClientWire.TakeAll();
        }
    }

    /// <summary>Starts both sides and finishes the handshake; both then take whatever comes.</summary>
    protected void StartEstablished(SslClientAuthenticationOptions? client = null, SslServerAuthenticationOptions? server = null)
    {
        Start(client, server);
        Shuttle();
        Assert.Single(ClientInfos);
        Assert.Single(ServerInfos);
    }

    /// <summary>Moves bytes and clean ends between the two until nothing moves any more.</summary>
    /// <param name="largest">Bytes of an element.</param>
    protected void Shuttle(int largest = int.MaxValue)
    {
        bool moved;
        do
        {
            moved = Move(ClientWire, ServerWire, largest, ref _clientEndPassedOn);
            moved |= Move(ServerWire, ClientWire, largest, ref _serverEndPassedOn);
        }
        while (moved);
    }

    /// <summary>Lets the stages do what they can and returns what the client has put on the wire.</summary>
    protected byte[] ClientOutput()
    {
        Client.Settle();
        ClientWire.Settle();
        return ClientWire.TakePending();
    }

    private (Hand Plain, Hand Wire) Run(TlsStage stage) =>
        Flow.FromGraph(new HandStage(Pool))
            .JoinMaterialized(stage, Keep.Left)
            .JoinMaterialized(new HandStage(Pool), (plain, wire) => (plain, wire))
            .Run(Materializer);

    private static bool Move(Hand from, Hand to, int largest, ref bool endPassedOn)
    {
        from.Settle();
        to.Settle();
        var bytes = from.TakePending().AsSpan();
        var moved = bytes.Length > 0;
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(largest, bytes.Length);
            to.Give(bytes[..count]);
            bytes = bytes[count..];
        }

        if (!moved && from.HasEnded && !endPassedOn)
        {
            endPassedOn = true;
            to.Complete();
            moved = true;
        }

        from.Settle();
        to.Settle();
        return moved;
    }

    private static void Add(List<TlsInfo> infos, TlsInfo info)
    {
        lock (infos)
        {
            infos.Add(info);
        }
    }

    private static TlsInfo[] Copy(List<TlsInfo> infos)
    {
        lock (infos)
        {
            return [.. infos];
        }
    }
}
