namespace ActorTunnel.Http2.Hpack;

/// <summary>Integers with a prefix of 1–8 bits (RFC 7541 §5.1), here 0 to 2^31−1.</summary>
internal static class IntegerCodec
{
    /// <summary>Octets that an integer has at most: the one with the prefix and five more.</summary>
    public const int MaxLength = 1 + MaxContinuations;

    // Five octets of seven bits carry every value that is of use; without a limit, zeros could be appended for ever.
    private const int MaxContinuations = 5;

    /// <summary>Reads the integer that starts in the low <paramref name="prefixBits"/> bits of the first octet.</summary>
    /// <param name="source">The rest of the block.</param>
    /// <param name="prefixBits">1–8.</param>
    /// <param name="value">The integer; 0 on error.</param>
    /// <param name="consumed">Octets that it has; 0 on error.</param>
    public static HpackError Read(ReadOnlySpan<byte> source, int prefixBits, out int value, out int consumed)
    {
        value = 0;
        consumed = 0;
        if (source.IsEmpty)
        {
            return HpackError.Truncated;
        }

        var prefixMax = (1 << prefixBits) - 1;
        long sum = source[0] & prefixMax;
        if (sum < prefixMax)
        {
            value = (int)sum;
            consumed = 1;
            return HpackError.None;
        }

        for (var i = 1; i <= MaxContinuations; i++)
        {
            if (i == source.Length)
            {
                return HpackError.Truncated;
            }

            sum += (long)(source[i] & 0x7f) << (7 * (i - 1));
            if ((source[i] & 0x80) == 0)
            {
                if (sum > int.MaxValue)
                {
                    return HpackError.IntegerTooLong;
                }

                value = (int)sum;
                consumed = i + 1;
                return HpackError.None;
            }
        }

        return HpackError.IntegerTooLong;
    }

    /// <summary>Writes <paramref name="value"/> and returns how many octets it took.</summary>
    /// <param name="destination">At least <see cref="MaxLength"/> octets, or as many as the value takes.</param>
    /// <param name="pattern">The bits above the prefix in the first octet.</param>
    /// <param name="prefixBits">1–8.</param>
    /// <param name="value">Not negative.</param>
    public static int Write(Span<byte> destination, byte pattern, int prefixBits, int value)
    {
        var prefixMax = (1 << prefixBits) - 1;
        if (value < prefixMax)
        {
            destination[0] = (byte)(pattern | value);
            return 1;
        }

        destination[0] = (byte)(pattern | prefixMax);
        value -= prefixMax;
        var length = 1;
        while (value >= 0x80)
        {
            destination[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[length++] = (byte)value;
        return length;
    }
}
