using System.Net.Sockets;
using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.TestSupport.Network;

namespace ActorTunnel.Benchmarks.Driving;

/// <summary>How a direction ended for its reader.</summary>
internal enum DriveEndKind
{
    /// <summary>A FIN.</summary>
    Clean,

    /// <summary>Any other end.</summary>
    Reset,
}

/// <summary>What a reader got.</summary>
/// <param name="Kind">How it ended.</param>
/// <param name="Bytes">Bytes that were right.</param>
/// <param name="Fault">The first wrong one, or null.</param>
internal readonly record struct DriveEnd(DriveEndKind Kind, long Bytes, PayloadFault? Fault)
{
    private const int Chunk = 64 * 1024;

    /// <summary>Reads to the end, whichever it is, and checks every byte.</summary>
    /// <param name="socket">Stays the caller's.</param>
    /// <param name="expected">What is sent.</param>
    /// <param name="finSent">Whether our own direction has ended; before that, a read of 0 on a connection that is over is a reset.</param>
    /// <param name="pause">Between two reads.</param>
    public static async Task<DriveEnd> ReadAsync(Socket socket, BlockPayload expected, Func<bool> finSent, TimeSpan pause = default)
    {
        var verifier = new BlockVerifier(expected);
        var buffer = new byte[Chunk];
        while (true)
        {
            int count;
            try
            {
                count = await socket.ReceiveAsync(buffer).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The connection was reset, by the other side or by us.
                return new DriveEnd(DriveEndKind.Reset, verifier.Verified, verifier.End());
            }

            if (count == 0)
            {
                var kind = socket.HidesAReset(finSent) ? DriveEndKind.Reset : DriveEndKind.Clean;
                return new DriveEnd(kind, verifier.Verified, verifier.End());
            }

            if (!verifier.Add(buffer.AsSpan(0, count)))
            {
                return new DriveEnd(DriveEndKind.Reset, verifier.Verified, verifier.End());
            }

            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Sends the bytes up to <paramref name="count"/>. False: the connection broke before all were sent.</summary>
    public static async Task<bool> SendAsync(Socket socket, BlockPayload payload, long count, long from = 0)
    {
        var chunk = new byte[Chunk];
        try
        {
            for (var sent = from; sent < count;)
            {
                var next = (int)Math.Min(chunk.Length, count - sent);
                payload.Fill(sent, chunk.AsSpan(0, next));
                await DriveSocket.SendAllAsync(socket, chunk.AsMemory(0, next)).ConfigureAwait(false);
                sent += next;
            }

            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false; // The reader of the same connection tells what kind of end it was.
        }
    }

    /// <summary>Ends the connection with a reset.</summary>
    public static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    /// <summary>Ends our direction, where the connection still stands.</summary>
    public static void Finish(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It was reset meanwhile; the reader tells.
        }
    }
}
