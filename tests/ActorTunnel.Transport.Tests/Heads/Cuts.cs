using ActorTunnel.Transport.Heads;
using CsCheck;
using Xunit;

namespace ActorTunnel.Transport.Tests.Heads;

/// <summary>Runs a parser as a connection does: over more and more of the same bytes.</summary>
internal static class Cuts
{
    /// <summary>
    /// What the parser says of all bytes. It has to say Incomplete at every shorter cut up to some point, and exactly the same at each one from there on.
    /// </summary>
    public static HeadParse<T> Run<T>(HeadParser<T> parser, byte[] bytes)
        where T : notnull
    {
        var first = parser(bytes);
        for (var length = bytes.Length; length >= 0; length--)
        {
            var parse = parser(bytes.AsSpan(0, length));
            if (parse.Status == HeadStatus.Incomplete)
            {
                Assert.Null(parse.Reason);
                Assert.Equal(0, parse.Consumed);
                continue;
            }

            Assert.Equal(first.Status, parse.Status);
            Assert.Equal(first.Value, parse.Value);
            Assert.Equal(first.Reason, parse.Reason);
            Assert.Equal(first.Consumed, parse.Consumed);
            Assert.InRange(parse.Consumed, 0, length);
            Assert.Equal(parse.Status == HeadStatus.Complete, parse.Value is not null && parse.Reason is null);
        }

        AssertNeverBackToIncomplete(parser, bytes);
        return first;
    }

    /// <summary>The shortest cut that is decided.</summary>
    public static int DecidedAt<T>(HeadParser<T> parser, byte[] bytes)
        where T : notnull
    {
        var length = 0;
        while (length < bytes.Length && parser(bytes.AsSpan(0, length)).Status == HeadStatus.Incomplete)
        {
            length++;
        }

        return length;
    }

    /// <summary>Random bytes, and a good head with some of its bytes changed, cut anywhere: never an exception, never a change of mind.</summary>
    public static void CheckRandom<T>(HeadParser<T> parser, byte[] good)
        where T : notnull
    {
        Gen.Byte.Array[0, 300].Sample(bytes => Run(parser, bytes), iter: 2_000);
        var change = Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte);
        change.Array[1, 4].Sample(
            changes =>
            {
                var bytes = (byte[])good.Clone();
                foreach (var (at, value) in changes)
                {
                    bytes[at] = value;
                }

                Run(parser, bytes);
            },
            iter: 2_000);
    }

    private static void AssertNeverBackToIncomplete<T>(HeadParser<T> parser, byte[] bytes)
        where T : notnull
    {
        for (var length = DecidedAt(parser, bytes); length < bytes.Length; length++)
        {
            Assert.NotEqual(HeadStatus.Incomplete, parser(bytes.AsSpan(0, length)).Status);
        }
    }
}
