using System.Text;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using CsCheck;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>
/// Whatever a peer sends: typed outcomes, no exception, no block lost, and at most 4 × input + 64 KiB allocated, the streams that it opened
/// (and of which it may have so many) not counted.
/// </summary>
public sealed class FuzzTests
{
    private static readonly Gen<byte[]> RandomFrame =
        from type in Gen.Int[0, 10]
        from flags in Gen.OneOf(Gen.OneOfConst(0, 1, 4, 5, 8, 0x20, 0x2d), Gen.Int[0, 255])
        from stream in Gen.OneOf(Gen.Int[0, 9], Gen.OneOfConst(int.MaxValue, 1_001))
        from payload in Gen.OneOf(
            Gen.Byte.Array[0, 40],
            Gen.Byte.Array[4],
            Gen.Byte.Array[8],
            Gen.Const(Wire.Block(Network.Connect)),
            Gen.Const(Wire.Block(Network.Ok)),
            Gen.Const(new byte[20_000]))
        select Wire.Frame((FrameType)type, flags, stream, payload);

    [Theory]
    [InlineData(SessionRole.Server)]
    [InlineData(SessionRole.Client)]
    public void Random_bytes(SessionRole role) =>
        Gen.Select(Gen.Byte.Array[0, 3_000], Gen.Bool, Gen.Int[1, 3_000])
            .Sample((bytes, greeted, cut) => Play(role, greeted ? [.. Greeting(role), .. bytes] : bytes, cut));

    [Theory]
    [InlineData(SessionRole.Server)]
    [InlineData(SessionRole.Client)]
    public void Random_frames(SessionRole role) =>
        Gen.Select(RandomFrame.Array[0, 60], Gen.Int[1, 50_000])
            .Sample((frames, cut) => Play(role, [.. Greeting(role), .. frames.SelectMany(f => f)], cut));

    [Theory]
    [InlineData(SessionRole.Server)]
    [InlineData(SessionRole.Client)]
    public void Recordings_with_changed_bytes(SessionRole role)
    {
        byte[] recording = [.. Frames(role).SelectMany(f => f)];
        Gen.Select(Gen.Select(Gen.Int[24, recording.Length - 1], Gen.Byte).Array[1, 5], Gen.Int[1, recording.Length])
            .Sample((changes, cut) =>
            {
                var bytes = recording.ToArray();
                foreach (var (at, value) in changes)
                {
                    bytes[at] = value;
                }

                Play(role, bytes, cut);
            });
    }

    [Theory]
    [InlineData(SessionRole.Server)]
    [InlineData(SessionRole.Client)]
    public void Recordings_with_frames_left_out_doubled_and_put_in(SessionRole role)
    {
        var recording = Frames(role);
        Gen.Select(Gen.Int[0, recording.Length - 1].Array[0, 60], RandomFrame.Array[1, 10], Gen.Int[1, 3_000])
            .Sample((order, inserted, cut) =>
            {
                var frames = order.Order().Select(i => recording[i]).ToList();
                for (var i = 0; i < inserted.Length; i++)
                {
                    frames.Insert(inserted[i].Length * 7 % (frames.Count + 1), inserted[i]);
                }

                Play(role, [.. Greeting(role), .. frames.SelectMany(f => f)], cut);
            });
    }

    [Fact]
    public void Requests_in_one_slice_allocate_no_more_than_a_kib_a_stream_beyond_the_bound()
    {
        var requests = Enumerable.Range(0, 800).SelectMany(i => Wire.Headers((2 * i) + 1, Network.Connect));

        Play(SessionRole.Server, [.. Greeting(SessionRole.Server), .. requests], int.MaxValue, perStream: 800);
    }

    private static byte[][] Frames(SessionRole role) => role == SessionRole.Server ? Recording.OfClient : Recording.OfServer;

    private static byte[] Greeting(SessionRole role) =>
        role == SessionRole.Server ? [.. Wire.Preface, .. Wire.Settings(), .. Wire.SettingsAck] : [.. Wire.Settings(), .. Wire.SettingsAck];

    private static void Play(SessionRole role, byte[] bytes, int cut, int perStream = 0)
    {
        var pool = new BufferPool();
        Warm(pool);
        using (var session = Recording.Begin(role, pool))
        using (var output = new SliceQueue(64))
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var start = 0; start < bytes.Length;)
            {
                var length = (int)Math.Min(Math.Min((long)cut, bytes.Length - start), 60_000);
                session.Receive(Slices.From(pool, bytes.AsSpan(start, length)));
                start += length;
                Serve(session);
                session.TakeOutput(output, 100_000);
                output.Clear();
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.InRange(allocated, 0, (4L * bytes.Length) + (64 * 1024) + (perStream * 1_024L));
        }

        Assert.Equal(pool.Rented, pool.Returned);
    }

    /// <summary>What the pool lends is counted by the pool; here it must not hide what the session allocates.</summary>
    private static void Warm(BufferPool pool)
    {
        var blocks = Enumerable.Range(0, 8).Select(_ => pool.Rent()).ToArray();
        foreach (var block in blocks)
        {
            block.Release();
        }
    }

    private static void Serve(Http2Session session)
    {
        while (session.TryReadEvent(out var e))
        {
            if (e.Kind == SessionEventKind.DataReceived)
            {
                session.Repay(e.Stream!, e.Data.Length);
                e.Data.Dispose();
            }
        }
    }
}
