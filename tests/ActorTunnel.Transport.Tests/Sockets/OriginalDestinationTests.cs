using System.Net;
using System.Net.Sockets;
using ActorTunnel.Transport.Sockets;
using Xunit;

namespace ActorTunnel.Transport.Tests.Sockets;

public sealed class OriginalDestinationTests
{
    private static readonly IPAddress Ours = IPAddress.Parse("192.0.2.7");

    [Fact]
    public void An_IPv4_address_of_the_kernel_is_read() => Assert.Equal(
        IPEndPoint.Parse("198.51.100.2:443"),
        OriginalDestination.FromSocketAddress([.. BitConverter.GetBytes((ushort)2), 0x01, 0xBB, 198, 51, 100, 2, 0, 0, 0, 0, 0, 0, 0, 0]));

    [Theory]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("::ffff:198.51.100.2", "198.51.100.2")]
    public void An_IPv6_address_of_the_kernel_is_read(string address, string expected) => Assert.Equal(
        new IPEndPoint(IPAddress.Parse(expected), 443),
        OriginalDestination.FromSocketAddress(
            [.. BitConverter.GetBytes((ushort)10), 0x01, 0xBB, 0, 0, 0, 0, .. IPAddress.Parse(address).GetAddressBytes(), 3, 0, 0, 0]));

    [Fact]
    public void Anything_else_is_no_address()
    {
        byte[] bytes = [.. BitConverter.GetBytes((ushort)10), .. new byte[26]];
        for (var length = 0; length < 24; length++)
        {
            Assert.Null(OriginalDestination.FromSocketAddress(bytes.AsSpan(0, length)));
        }

        Assert.NotNull(OriginalDestination.FromSocketAddress(bytes.AsSpan(0, 24)));
        Assert.Null(OriginalDestination.FromSocketAddress([.. BitConverter.GetBytes((ushort)1), .. new byte[26]]));
    }

    [Theory]
    [InlineData("192.0.2.7:15001", "192.0.2.7:15001", true)]
    [InlineData("[::ffff:192.0.2.7]:15001", "192.0.2.7:15001", true)]
    [InlineData("192.0.2.7:15001", "0.0.0.0:15001", true)]
    [InlineData("192.0.2.7:15001", "[::]:15001", true)]
    [InlineData("0.0.0.0:15001", "192.0.2.7:15001", true)]
    [InlineData("192.0.2.7:15002", "192.0.2.7:15001", false)]
    [InlineData("192.0.2.8:15001", "192.0.2.7:15001", false)]
    [InlineData("198.51.100.2:15001", "0.0.0.0:15001", false)]
    [InlineData("192.0.2.7:443", "0.0.0.0:15001", false)]
    public void A_destination_that_is_a_listener_of_ours_is_a_loop(string destination, string listener, bool expected) => Assert.Equal(
        expected,
        OriginalDestination.IsLoop(
            IPEndPoint.Parse(destination), [IPEndPoint.Parse("203.0.113.1:1"), IPEndPoint.Parse(listener)], Ours.Equals));

    [Fact]
    public void Every_loopback_address_is_this_machines()
    {
        Assert.True(OriginalDestination.IsAddressOfThisMachine(IPAddress.Parse("127.9.9.9")));
        Assert.True(OriginalDestination.IsAddressOfThisMachine(IPAddress.IPv6Loopback));
        Assert.True(OriginalDestination.IsAddressOfThisMachine(IPAddress.Parse("::ffff:127.0.0.1")));
        Assert.False(OriginalDestination.IsAddressOfThisMachine(IPAddress.Parse("192.0.2.7")));
    }

    [Fact]
    public async Task A_connection_that_no_rule_redirected_was_going_to_us()
    {
        using var pair = await Dialled.CreateAsync();
        Assert.IsType<OriginalDestination.NotIntercepted>(pair.Connection.OriginalDestination(Interception.Redirect));
    }

    [Fact]
    public async Task Under_tproxy_our_end_is_the_destination()
    {
        using var pair = await Dialled.CreateAsync();
        Assert.Equal(
            new OriginalDestination.Known((IPEndPoint)pair.Peer.RemoteEndPoint!), pair.Connection.OriginalDestination(Interception.Tproxy));
    }

    [Theory]
    [InlineData("192.0.2.7")]
    [InlineData("2001:db8::7")]
    public void Only_a_transparent_listening_socket_may_have_an_address_that_is_not_ours(string address)
    {
        var foreign = new IPEndPoint(IPAddress.Parse(address), 0);
        Assert.Equal(SocketError.AddressNotAvailable, TcpListenSocket.TryBind(foreign, out var listener));
        Assert.Null(listener);

        var error = TcpListenSocket.TryBind(foreign, out listener, transparent: true);
        using (listener)
        {
            // Without the capability, or elsewhere than on Linux, it is refused, and nothing else is listened on.
            Assert.Equal(error == SocketError.Success, listener is not null);
            Assert.Contains(error, (SocketError[])[SocketError.Success, SocketError.AccessDenied, SocketError.OperationNotSupported]);
        }
    }
}
