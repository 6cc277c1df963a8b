using Xunit.Sdk;

namespace ActorTunnel.TestSupport.Bytes;

/// <summary>Checks that what is received is an exact prefix of a <see cref="Payload"/>. Not safe for several threads.</summary>
public sealed class PayloadVerifier
{
    private readonly int _seed;

    public PayloadVerifier(int seed)
    {
        _seed = seed;
    }

    /// <summary>Bytes that were right so far.</summary>
    public long Verified { get; private set; }

    /// <summary>Fails the test at the first byte that is not the next one.</summary>
    public void Add(ReadOnlySpan<byte> received)
    {
        var expected = Payload.Bytes(_seed, Verified, received.Length);
        var same = received.CommonPrefixLength(expected);
        if (same < received.Length)
        {
            throw new XunitException($"Payload {_seed}: the byte at offset {Verified + same} is not the one that was sent.");
        }

        Verified += received.Length;
    }
}
