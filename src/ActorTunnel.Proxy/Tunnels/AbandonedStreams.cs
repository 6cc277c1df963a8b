namespace ActorTunnel.Proxy.Tunnels;

/// <summary>
/// How many streams of a session wait for an answer that nobody needs any more. A reset without an answer counts against a session at its terminator, so some are
/// kept; many would take the places of tunnels. Shared by the actors of the session's tunnels.
/// </summary>
internal sealed class AbandonedStreams
{
    /// <summary>A small part of the usual limit of streams, and more than one application's worth of impatience.</summary>
    public const int Max = 64;

    private int _kept;

    /// <summary>Takes a place, where one is left; it is to be released.</summary>
    public bool TryKeep()
    {
        if (Interlocked.Increment(ref _kept) <= Max)
        {
            return true;
        }

        Release();
        return false;
    }

    /// <summary>Gives a place back.</summary>
    public void Release() => Interlocked.Decrement(ref _kept);
}
