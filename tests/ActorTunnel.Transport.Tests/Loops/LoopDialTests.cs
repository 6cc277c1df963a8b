using System.Net;
using System.Net.Sockets;
using ActorTunnel.TestSupport;
using ActorTunnel.TestSupport.Streams;
using ActorTunnel.Transport.Loops;
using ActorTunnel.Transport.Sockets;
using Xunit;

namespace ActorTunnel.Transport.Tests.Loops;

public sealed class LoopDialTests : IDisposable
{
    private readonly EventLoop? _loop = OperatingSystem.IsLinux() ? new EventLoop("loop", TimeSpan.Zero) : null;
    private readonly List<Socket> _sockets = [];

    public void Dispose()
    {
        _loop?.Stop();
        _sockets.ForEach(static socket => socket.Dispose());
    }

    [LinuxTheory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task An_address_that_listens_is_connected_by_a_socket_that_does_not_block_and_knows_both_ends(string address)
    {
        var listener = Listen(IPAddress.Parse(address));
        var (socket, error) = await DialAsync((IPEndPoint)listener.LocalEndPoint!);

        Assert.Equal(SocketError.Success, error);
        using var ours = socket!;
        using var peer = await listener.AcceptAsync();
        Assert.False(ours.Blocking);
        ours.Receive(new byte[1], SocketFlags.None, out error);
        Assert.Equal(SocketError.WouldBlock, error);
        Assert.Equal(peer.LocalEndPoint, ours.RemoteEndPoint);
        Assert.Equal(peer.RemoteEndPoint, ours.LocalEndPoint);
        Assert.True(ours.Connected);
        peer.Send([1, 2]);
        Assert.True(ours.Poll(StageTest.Patience, SelectMode.SelectRead));
        Assert.Equal(2, ours.Receive(new byte[3]));
    }

    [LinuxTheory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task An_address_where_nobody_listens_refuses(string address)
    {
        var listener = Listen(IPAddress.Parse(address));
        var closed = (IPEndPoint)listener.LocalEndPoint!;
        listener.Dispose();
        Assert.Equal((null, SocketError.ConnectionRefused), await DialAsync(closed));
    }

    /// <summary>TCP goes to one host.</summary>
    [LinuxFact]
    public async Task An_address_that_no_route_leads_to_is_unreachable() =>
        Assert.Equal((null, SocketError.NetworkUnreachable), await DialAsync(new IPEndPoint(IPAddress.Parse("224.0.0.1"), 9)));

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_dial_that_is_cancelled_has_timed_out(bool before)
    {
        var silent = Silent();
        using var cancellation = new CancellationTokenSource();
        if (before)
        {
            await cancellation.CancelAsync();
        }

        var dialling = DialAsync(silent, cancellation.Token);
        LoopRun.On(_loop!, static () => { });
        Assert.Equal(before, dialling.Wait(before ? StageTest.Patience : TimeSpan.Zero));
        await cancellation.CancelAsync();

        Assert.Equal((null, SocketError.TimedOut), await dialling);
    }

    [LinuxFact]
    public async Task A_dial_that_is_under_way_when_its_loop_ends_fails_and_has_not_timed_out()
    {
        var dialling = DialAsync(Silent());
        LoopRun.On(_loop!, static () => { });
        _loop!.Stop();
        Assert.Equal((null, SocketError.NoBufferSpaceAvailable), await dialling);
    }

    /// <summary>An address whose queue of accepted connections is full: the kernel drops further SYNs.</summary>
    private IPEndPoint Silent()
    {
        var address = (IPEndPoint)Listen(IPAddress.Loopback, backlog: 0).LocalEndPoint!;
        var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        filler.Connect(address);
        _sockets.Add(filler);
        return address;
    }

    private Task<(Socket? Socket, SocketError Error)> DialAsync(IPEndPoint address, CancellationToken cancellation = default) =>
        LoopDial.ConnectAsync(_loop!, address, cancellation).WaitAsync(StageTest.Patience, CancellationToken.None);

    private Socket Listen(IPAddress address, int backlog = 10)
    {
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen(backlog);
        _sockets.Add(listener);
        return listener;
    }
}
