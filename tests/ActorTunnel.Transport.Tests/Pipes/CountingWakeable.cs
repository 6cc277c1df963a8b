namespace ActorTunnel.Transport.Tests.Pipes;

/// <summary>Counts how often it was woken.</summary>
internal sealed class CountingWakeable : IWakeable
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Wake() => Interlocked.Increment(ref _count);
}
