using System.Net.Sockets;
using ActorTunnel.TestSupport.Bytes;

namespace ActorTunnel.Scenarios.Support;

/// <summary>What one end of a tunnel received.</summary>
/// <param name="Bytes">All of which were right.</param>
/// <param name="End">How it ended behind them.</param>
internal readonly record struct Received(long Bytes, PeerEnd End);

/// <summary>
/// A tunnel through which both sides send bytes that verify themselves. Whatever happens to it, each side receives an exact prefix of
/// what the other sent (I1), a clean end only behind all of it (I2), and else a reset (I3); that is asserted here.
/// </summary>
/// <param name="tunnel">Its number in the payload.</param>
/// <param name="length">Bytes that each side sends.</param>
/// <param name="application">One end, which becomes the transfer's.</param>
/// <param name="origin">The other, likewise.</param>
/// <param name="only">The direction that alone is used, the other being silent; null: both.</param>
internal sealed class Transfer(int tunnel, int length, Peer application, Peer origin, TunnelDirection? only = null) : IDisposable
{
    /// <summary>A length that is never reached in a story's time; such a transfer takes its time, since it only has to be under way.</summary>
    public const int Endless = int.MaxValue;

    private const int Chunk = 32 * 1024;
    private const int Enough = 2 * Chunk;

    private static readonly TimeSpan Unhurried = TimeSpan.FromMilliseconds(50);

    private readonly TaskCompletionSource _toOrigin = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _toApplication = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Bytes that each side sends.</summary>
    public int Length => length;

    public Peer Application => application;

    public Peer Origin => origin;

    /// <summary>Completes when it runs and some tens of kilobytes have arrived at each side that is sent to.</summary>
    public Task UnderWay => Task.WhenAll(
        Uses(TunnelDirection.ToOrigin) ? _toOrigin.Task : Task.CompletedTask,
        Uses(TunnelDirection.ToApplication) ? _toApplication.Task : Task.CompletedTask).InTime();

    /// <summary>Both sides send everything and a FIN, as far as they get, and read to the end.</summary>
    /// <param name="last">When the last bytes may go; null: at once.</param>
    public async Task<(Received AtOrigin, Received AtApplication)> RunAsync(Task? last = null)
    {
        var atOrigin = ReceiveAsync(origin, TunnelDirection.ToOrigin);
        var atApplication = ReceiveAsync(application, TunnelDirection.ToApplication);
        await Task.WhenAll(
            atOrigin,
            atApplication,
            SendAsync(application, TunnelDirection.ToOrigin, last ?? Task.CompletedTask),
            SendAsync(origin, TunnelDirection.ToApplication, last ?? Task.CompletedTask));
        return (await atOrigin, await atApplication);
    }

    /// <summary>Everything came both ways, and a clean end behind it.</summary>
    /// <param name="last">When the last bytes may go; null: at once.</param>
    public async Task ExpectCompleteAsync(Task? last = null)
    {
        var whole = new Received(length, PeerEnd.Fin);
        var result = await RunAsync(last);
        Assert.True(result == (whole, whole), $"tunnel {tunnel}: {result}");
    }

    /// <summary>One direction was broken before its end, so its receiver was reset; the other may have been complete by then.</summary>
    public async Task ExpectBrokenAsync(TunnelDirection broken)
    {
        var (atOrigin, atApplication) = await RunAsync();
        var receiver = broken == TunnelDirection.ToOrigin ? atOrigin : atApplication;
        Assert.True(receiver.End == PeerEnd.Reset, $"tunnel {tunnel}, broken {broken}: {receiver}");
    }

    /// <summary>Both ends were reset.</summary>
    public async Task ExpectResetAsync()
    {
        var (atOrigin, atApplication) = await RunAsync();
        Assert.True((atOrigin.End, atApplication.End) == (PeerEnd.Reset, PeerEnd.Reset), $"tunnel {tunnel}: {atOrigin}, {atApplication}");
    }

    public void Dispose()
    {
        application.Dispose();
        origin.Dispose();
    }

    private bool Uses(TunnelDirection direction) => only is null || only == direction;

    private async Task SendAsync(Peer from, TunnelDirection direction, Task last)
    {
        if (!Uses(direction))
        {
            return;
        }

        var payload = new BlockPayload(tunnel, direction);
        try
        {
            for (long offset = 0; offset < length; offset += Chunk)
            {
                if (offset + Chunk >= length)
                {
                    await last;
                }

                await from.SendAsync(payload.Bytes(offset, (int)Math.Min(Chunk, length - offset))).InTime();
                await (length == Endless ? Task.Delay(Unhurried) : Task.CompletedTask);
            }

            from.SendFin();
        }
        catch (SocketException)
        {
            // Reset meanwhile: what its own receiver sees says whether that is right.
        }
    }

    private async Task<Received> ReceiveAsync(Peer to, TunnelDirection direction)
    {
        var verifier = new BlockVerifier(new BlockPayload(tunnel, direction));
        var underWay = direction == TunnelDirection.ToOrigin ? _toOrigin : _toApplication;
        var end = await to.ReceiveToEndAsync(bytes =>
        {
            Assert.True(verifier.Add(bytes.Span), verifier.Fault?.ToString());
            if (verifier.Verified >= Enough)
            {
                underWay.TrySetResult();
            }
        });
        Assert.True(verifier.End() is null, verifier.Fault?.ToString());
        Assert.True(end == PeerEnd.Reset || verifier.Verified == length, $"tunnel {tunnel}, {direction}: a clean end after {verifier.Verified} of {length} bytes");
        return new Received(verifier.Verified, end);
    }
}

/// <summary>Transfers that a story disposes together.</summary>
internal sealed class Transfers(int count) : IDisposable
{
    public Transfer[] All { get; } = new Transfer[count];

    public void Dispose() => Array.ForEach(All, transfer => transfer?.Dispose());
}
