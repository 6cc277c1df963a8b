using System.Text;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Session;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>How the transport cuts the bytes makes no difference.</summary>
public sealed class CutTests
{
    [Theory]
    [InlineData(SessionRole.Server)]
    [InlineData(SessionRole.Client)]
    public void A_recording_cut_at_every_byte_gives_the_same_events_and_answers(SessionRole role)
    {
        var bytes = Bytes(role);
        var whole = Play(role, bytes, [bytes.Length]);

        // Not an empty comparison: the recordings end in a connection error, after all else.
        Assert.Contains("SessionFailed", whole, StringComparison.Ordinal);
        for (var cut = 1; cut < bytes.Length; cut++)
        {
            Assert.Equal(whole, Play(role, bytes, [cut, bytes.Length]));
        }
    }

    [Theory]
    [InlineData(SessionRole.Server)]
    [InlineData(SessionRole.Client)]
    public void A_recording_in_pieces_of_any_one_size_gives_the_same_events_and_answers(SessionRole role)
    {
        var bytes = Bytes(role);
        var whole = Play(role, bytes, [bytes.Length]);
        for (var size = 1; size < 40; size++)
        {
            var cuts = Enumerable.Range(1, (bytes.Length / size) + 1).Select(i => Math.Min(i * size, bytes.Length)).ToArray();
            Assert.Equal(whole, Play(role, bytes, cuts));
        }
    }

    [Theory]
    [InlineData(SessionRole.Server)]
    [InlineData(SessionRole.Client)]
    public void A_recording_that_stops_at_any_byte_leaves_nothing_behind(SessionRole role)
    {
        var bytes = Bytes(role);
        for (var end = 1; end < bytes.Length; end++)
        {
            Play(role, bytes, [end]);
        }
    }

    private static byte[] Bytes(SessionRole role) =>
        [.. (role == SessionRole.Server ? Recording.OfClient : Recording.OfServer).SelectMany(f => f)];

    private static string Play(SessionRole role, byte[] bytes, int[] cuts)
    {
        var pool = new BufferPool();
        var log = new StringBuilder();
        using (var session = Recording.Begin(role, pool))
        {
            var start = 0;
            foreach (var end in cuts)
            {
                session.Receive(Slices.From(pool, bytes.AsSpan(start, end - start)));
                Recording.Serve(session, log);
                start = end;
            }

            log.Append(Recording.TakeOutput(session, role == SessionRole.Client ? Wire.Preface.Length : 0));
        }

        Assert.Equal(pool.Rented, pool.Returned);
        return log.ToString();
    }
}
