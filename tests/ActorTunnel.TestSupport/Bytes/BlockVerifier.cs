namespace ActorTunnel.TestSupport.Bytes;

/// <summary>
/// Checks that what is received is an exact prefix of a <see cref="BlockPayload"/>, in whatever cuts it comes. After the first wrong byte it
/// wants up to three blocks more, in which it looks for one that tells what happened. Not safe for several threads.
/// </summary>
public sealed class BlockVerifier
{
    /// <summary>Where not more than a block is spoiled, a whole block lies in so many bytes behind its beginning.</summary>
    private const int Evidence = 3 * BlockPayload.BlockSize;

    private readonly BlockPayload _expected;
    private readonly byte[] _chunk = new byte[16 * 1024];
    private readonly MemoryStream _wrong = new();

    public BlockVerifier(BlockPayload expected)
    {
        _expected = expected;
    }

    /// <summary>Bytes that were right, from the first on.</summary>
    public long Verified { get; private set; }

    /// <summary>What went wrong; null as long as nothing did, or until enough has come to tell.</summary>
    public PayloadFault? Fault { get; private set; }

    /// <summary>Takes the next bytes. Returns false as soon as <see cref="Fault"/> is known; what comes later is ignored.</summary>
    public bool Add(ReadOnlySpan<byte> received)
    {
        while (_wrong.Length == 0 && !received.IsEmpty)
        {
            var expected = _chunk.AsSpan(0, Math.Min(_chunk.Length, received.Length));
            _expected.Fill(Verified, expected);
            var same = received.CommonPrefixLength(expected);
            Verified += same;
            received = received[same..];
            if (same < expected.Length)
            {
                break;
            }
        }

        if (Fault is null && !received.IsEmpty)
        {
            _wrong.Write(received[..(int)Math.Min(received.Length, Evidence - _wrong.Length)]);
            Fault = _wrong.Length == Evidence ? Diagnose() : null;
        }

        return Fault is null;
    }

    /// <summary>Nothing more comes: tells what went wrong, from what there is.</summary>
    public PayloadFault? End() => Fault ??= _wrong.Length > 0 ? Diagnose() : null;

    private PayloadFault Diagnose()
    {
        var wrong = _wrong.GetBuffer().AsSpan(0, (int)_wrong.Length);
        for (var at = 0; at + BlockPayload.BlockSize <= wrong.Length; at++)
        {
            if (BlockPayload.TryReadBlock(wrong[at..], out var found, out var offset))
            {
                // What lies between the first wrong byte and this block is taken for part of the same stream.
                var foundAt = offset - at;
                return new PayloadFault(KindOf(found, foundAt), _expected, Verified, found, foundAt);
            }
        }

        return new PayloadFault(PayloadFaultKind.Unknown, _expected, Verified, null, 0);
    }

    private PayloadFaultKind KindOf(BlockPayload found, long foundAt)
    {
        if (found != _expected)
        {
            return PayloadFaultKind.CrossedOver;
        }

        return foundAt.CompareTo(Verified) switch
        {
            0 => PayloadFaultKind.Changed,
            > 0 => PayloadFaultKind.Lost,
            _ => PayloadFaultKind.Doubled,
        };
    }
}
