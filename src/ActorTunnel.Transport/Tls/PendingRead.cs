using System.Net.Security;

namespace ActorTunnel.Transport.Tls;

/// <summary>
/// One read of an <see cref="SslStream"/> that is asked whether it has ended, instead of being awaited: it nearly always ends while the stage feeds it.
/// </summary>
internal sealed class PendingRead
{
    private readonly Action _completed;
    private ValueTask<int> _read;

    /// <param name="completed">Called when a read ends that had to wait, on whatever thread that happens.</param>
    public PendingRead(Action completed)
    {
        _completed = completed;
    }

    /// <summary>Whether a read was started and its result not yet taken.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>Whether the read asks only if there is something, and so has no buffer.</summary>
    public bool IsProbe { get; private set; }

    /// <param name="into">Must stay valid until the result is taken. Empty: a probe.</param>
    public void Start(SslStream ssl, Memory<byte> into)
    {
        IsStarted = true;
        IsProbe = into.IsEmpty;
#pragma warning disable CA2012 // The value task is consumed exactly once, in TryTake.
        _read = ssl.ReadAsync(into);
        if (!_read.IsCompleted)
        {
            _read.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_completed);
        }
#pragma warning restore CA2012
    }

    /// <summary>The bytes read, 0 at the end or for a probe. Throws what the read threw.</summary>
    public bool TryTake(out int count)
    {
        if (!_read.IsCompleted)
        {
            count = 0;
            return false;
        }

        IsStarted = false;
        count = _read.GetAwaiter().GetResult();
        return true;
    }
}
