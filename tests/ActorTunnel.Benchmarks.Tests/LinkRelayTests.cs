using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ActorTunnel.Benchmarks.Driving;
using ActorTunnel.Benchmarks.Harness.Links;
using ActorTunnel.TestSupport.Bytes;
using Xunit;

namespace ActorTunnel.Benchmarks.Tests;

/// <summary>The link with real sockets. Times are asserted as lower bounds only, since what runs beside may slow it.</summary>
public sealed class LinkRelayTests : IDisposable
{
    private const int Much = 3_000_000;
    private static readonly TimeSpan OneWay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Socket _listener = DriveSocket.Listen(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly IPEndPoint _entrance = PollerThread.FreeAddress();
    private readonly PollerThread _thread;

    public LinkRelayTests()
    {
        _thread = new PollerThread(poller =>
        {
            var relay = new LinkRelay(poller, _entrance, (IPEndPoint)_listener.LocalEndPoint!, OneWay, bitsPerSecond: 1e9);
            return relay.Turn;
        });
    }

    [Fact]
    public async Task Bytes_and_ends_pass_both_ways_unchanged()
    {
        var (near, far) = await JoinAsync();
        await Task.WhenAll(ExchangeAsync(near, 1, 2), ExchangeAsync(far, 2, 1)).WaitAsync(Patience);
    }

    [Fact]
    public async Task An_answer_takes_at_least_both_delays()
    {
        var (near, far) = await JoinAsync();
        using (near)
        using (far)
        {
            var clock = Stopwatch.StartNew();
            await near.SendAsync("?"u8.ToArray());
            await DriveSocket.ReceiveAllAsync(far, new byte[1]).WaitAsync(Patience);
            await far.SendAsync("!"u8.ToArray());
            await DriveSocket.ReceiveAllAsync(near, new byte[1]).WaitAsync(Patience);

            Assert.True(clock.Elapsed >= OneWay + OneWay, $"{clock.Elapsed}");
        }
    }

    [Fact]
    public async Task Bytes_take_at_least_the_time_that_the_rate_gives_them()
    {
        var (near, far) = await JoinAsync();
        using (near)
        using (far)
        {
            var clock = Stopwatch.StartNew();
            await Task.WhenAll(DriveSocket.SendAllAsync(near, new byte[Much]), DriveSocket.ReceiveAllAsync(far, new byte[Much])).WaitAsync(Patience);

            Assert.True(clock.Elapsed >= TimeSpan.FromSeconds(Much * 8 / 1e9) + OneWay, $"{clock.Elapsed}");
        }
    }

    [Fact]
    public async Task A_reset_arrives_as_a_reset()
    {
        var (near, far) = await JoinAsync();
        using (far)
        {
            DriveEnd.Reset(near);

            var failure = await Assert.ThrowsAsync<SocketException>(() => far.ReceiveAsync(new byte[1]).WaitAsync(Patience));
            Assert.Equal(SocketError.ConnectionReset, failure.SocketErrorCode);
        }
    }

    public void Dispose()
    {
        _thread.Dispose();
        _listener.Dispose();
    }

    private static async Task ExchangeAsync(Socket socket, int sent, int expected)
    {
        using (socket)
        {
            var sending = DriveSocket.SendAllAsync(socket, new BlockPayload(sent, TunnelDirection.ToOrigin).Bytes(0, Much));
            var received = new byte[Much];
            await DriveSocket.ReceiveAllAsync(socket, received);
            await sending;
            socket.Shutdown(SocketShutdown.Send);

            Assert.Equal(new BlockPayload(expected, TunnelDirection.ToOrigin).Bytes(0, Much), received);
            Assert.Equal(0, await socket.ReceiveAsync(received));
        }
    }

    private async Task<(Socket Near, Socket Far)> JoinAsync()
    {
        var accepting = _listener.AcceptAsync();
        var near = await DriveSocket.ConnectAsync(_entrance);
        return (near, await accepting.WaitAsync(Patience));
    }
}
