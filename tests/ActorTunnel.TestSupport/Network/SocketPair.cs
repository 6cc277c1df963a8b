using System.Net;
using System.Net.Sockets;

namespace ActorTunnel.TestSupport.Network;

/// <summary>A TCP connection over the loopback interface: one end for the stage under test, which owns it, the other for the test.</summary>
public sealed class SocketPair : IDisposable
{
    private SocketPair(Socket ours, Socket peer)
    {
        Ours = ours;
        Peer = new PeerSocket(peer);
    }

    /// <summary>The accepted end.</summary>
    public Socket Ours { get; }

    /// <summary>The dialling end.</summary>
    public PeerSocket Peer { get; }

    /// <param name="bufferBytes">Kernel buffers each way; 0 leaves them to the kernel.</param>
    public static SocketPair Create(int bufferBytes = 0)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (bufferBytes > 0)
        {
            listener.ReceiveBufferSize = bufferBytes; // Inherited by what it accepts.
            listener.SendBufferSize = bufferBytes;
            peer.ReceiveBufferSize = bufferBytes;
            peer.SendBufferSize = bufferBytes;
        }

        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        peer.Connect(listener.LocalEndPoint!);
        return new SocketPair(listener.Accept(), peer);
    }

    /// <summary>Both ends as sockets, for two stages.</summary>
    public static (Socket First, Socket Second) CreateSockets()
    {
        var pair = Create();
        return (pair.Ours, pair.Peer.Socket);
    }

    /// <summary>Closes the test's end; the other is its stage's.</summary>
    public void Dispose() => Peer.Socket.Dispose();
}
