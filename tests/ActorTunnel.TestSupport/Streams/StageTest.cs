using ActorTunnel.Http2.Buffers;
using ActorTunnel.Transport.Loops;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Implementation;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Xunit;

namespace ActorTunnel.TestSupport.Streams;

/// <summary>
/// A test of stages. At its end every block is back in the pool and no stage has thrown; the stages that still run are stopped before.
/// </summary>
public abstract class StageTest : TestKit
{
    /// <summary>How long a test waits for what must happen, on a machine that is busy.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);
    private readonly TestProbe _errors;

    /// <param name="eventLoops">Whose threads run the graphs; 0, and everywhere but on Linux: the default dispatcher does.</param>
    protected StageTest(int eventLoops = 0)
        : base("akka { loglevel = ERROR, stdout-loglevel = OFF, loggers = [], test.single-expect-default = 60s, test.default-timeout = 60s }")
    {
        var dispatcher = EventLoops.Start(Sys, eventLoops).Next();
        Materializer = (ActorMaterializerImpl)ActorMaterializer.Create(Sys, ActorMaterializerSettings.Create(Sys).WithDispatcher(dispatcher));
        _errors = CreateTestProbe();
        Sys.EventStream.Subscribe(_errors, typeof(Error));
    }

    /// <summary>The pool of everything in this test.</summary>
    protected BufferPool Pool { get; } = new();

    protected ActorMaterializerImpl Materializer { get; }

    /// <summary>Asserts until it holds.</summary>
    protected void Eventually(Action assertion) => AwaitAssert(assertion, Patience, Poll);

    /// <summary>Asserts that all graphs of this test have ended by themselves.</summary>
    protected void StagesStop() => Eventually(() =>
    {
        Materializer.Supervisor.Tell(StreamSupervisor.GetChildren.Instance, TestActor);
        Assert.Empty(ExpectMsg<StreamSupervisor.Children>().Refs);
    });

    /// <summary>Asserts that no block is lent.</summary>
    protected void PoolIsFull() => Eventually(() => Assert.Equal(0, Pool.OutstandingBytes / BufferPool.BlockSize));

    protected override void AfterAll()
    {
        try
        {
            Materializer.Shutdown();
            PoolIsFull();
            if (_errors.HasMessages)
            {
                Assert.Fail($"A stage threw: {_errors.ReceiveOne(TimeSpan.Zero)}");
            }
        }
        finally
        {
            base.AfterAll();
        }
    }
}
