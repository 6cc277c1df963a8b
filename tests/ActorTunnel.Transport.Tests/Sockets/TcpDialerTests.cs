using System.Net;
using System.Net.Sockets;
using ActorTunnel.Transport.Loops;
using ActorTunnel.Transport.Sockets;
using Akka.Actor;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ActorTunnel.Transport.Tests.Sockets;

public abstract class TcpDialerTests(int eventLoops) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TestSupport.Streams.StageTest.Patience;

    private readonly FakeTimeProvider _time = new();
    private readonly List<Socket> _sockets = [];
    private readonly ActorSystem _system = ActorSystem.Create("dials");

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        _sockets.ForEach(socket => socket.Dispose());
        return _system.Terminate();
    }

    [Fact]
    public async Task A_refused_address_is_followed_by_the_next_one_at_once()
    {
        var open = Listen("127.0.0.3");
        var result = await Dialer().DialAsync([IPAddress.Parse("127.0.0.2"), open.Address], open.Port, CancellationToken.None).WaitAsync(Patience);
        var connected = Assert.IsType<DialResult.Connected>(result);
        Assert.Equal(open, connected.Connection.Remote);
        connected.Connection.Reset();
    }

    [Fact]
    public async Task A_silent_address_has_250_ms_to_itself_before_the_next_one_is_tried_beside_it()
    {
        var open = Listen("127.0.0.3");
        Silent(new IPEndPoint(IPAddress.Parse("127.0.0.2"), open.Port));
        var dialling = Dialer().DialAsync([IPAddress.Parse("127.0.0.2"), open.Address], open.Port, CancellationToken.None);
        _time.Advance(TimeSpan.FromMilliseconds(249));
        Assert.False(dialling.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        var connected = Assert.IsType<DialResult.Connected>(await dialling.WaitAsync(Patience));
        Assert.Equal(open, connected.Connection.Remote);
        connected.Connection.Reset();
    }

    [Fact]
    public async Task An_address_that_never_answers_ends_at_the_connect_timeout()
    {
        var silent = new IPEndPoint(IPAddress.Parse("127.0.0.2"), Listen("127.0.0.3").Port);
        Silent(silent);
        var dialling = Dialer().DialAsync([silent.Address], silent.Port, CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(dialling.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(new DialResult.Failed(DialStep.Connect, SocketError.TimedOut), await dialling.WaitAsync(Patience));
    }

    [Fact]
    public async Task Where_every_address_refuses_the_last_error_is_told()
    {
        var closed = Listen("127.0.0.3").Port;
        var result = await Dialer().DialAsync([IPAddress.Parse("127.0.0.4"), IPAddress.Parse("127.0.0.5")], closed, CancellationToken.None).WaitAsync(Patience);
        Assert.Equal(new DialResult.Failed(DialStep.Connect, SocketError.ConnectionRefused), result);
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_fails_at_that_step()
    {
        var result = await Dialer().DialAsync("name.test", 1, CancellationToken.None).WaitAsync(Patience);
        Assert.Equal(new DialResult.Failed(DialStep.Resolve, SocketError.HostNotFound), result);
    }

    private TcpDialer Dialer() => new(
        new TcpConnectionOptions { ResetUnlessClean = false },
        new NameResolver((_, _) => Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound)), Patience, _time),
        TimeSpan.FromSeconds(2),
        _time,
        EventLoops.Start(_system, eventLoops));

    private IPEndPoint Listen(string address)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        listener.Listen(10);
        _sockets.Add(listener);
        return (IPEndPoint)listener.LocalEndPoint!;
    }

    /// <summary>An address whose queue of accepted connections is full: the kernel drops further SYNs.</summary>
    private void Silent(IPEndPoint address)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(address);
        listener.Listen(0);
        _sockets.Add(listener);
        var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        filler.Connect(address);
        _sockets.Add(filler);
    }
}

public sealed class TcpDialerTestsOnALoop() : TcpDialerTests(1);

public sealed class TcpDialerTestsOnThePool() : TcpDialerTests(0);
