using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Session;
using ActorTunnel.Http2.Streams;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>The way of a byte allocates nothing once it has run for a while.</summary>
public sealed class AllocationTests
{
    [Theory]
    [InlineData(60_000)]
    [InlineData(5_000)]
    [InlineData(100)]
    public void Data_that_is_sent_received_and_repaid_allocates_nothing(int length)
    {
        var pool = new BufferPool();
        using (var output = new SliceQueue(64))
        using (var client = new Http2Session(SessionRole.Client, new SessionSettings(), pool))
        using (var server = new Http2Session(SessionRole.Server, new SessionSettings(), pool))
        {
            var streams = Enumerable.Range(0, 4)
                .Select(_ => client.OpenStream([new(":method", "CONNECT"), new(":authority", "a:1")]))
                .ToArray();
            for (var i = 0; i < 2_000; i++)
            {
                Round(streams[i % 4]);
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 10_000; i++)
            {
                Round(streams[i % 4]);
            }

            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

            void Round(Http2Stream stream)
            {
                if (stream.SendCapacity >= length)
                {
                    var block = pool.Rent();
                    client.SendData(stream, block.AsSlice(9, length));
                }

                Move(client, server);
                Move(server, client);
            }

            void Move(Http2Session from, Http2Session to)
            {
                from.TakeOutput(output, 100_000);
                ReadEvents(from);
                while (output.TryDequeue(out var slice))
                {
                    to.Receive(slice);
                    ReadEvents(to);
                }
            }
        }

        Assert.Equal(pool.Rented, pool.Returned);
    }

    private static void ReadEvents(Http2Session session)
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
