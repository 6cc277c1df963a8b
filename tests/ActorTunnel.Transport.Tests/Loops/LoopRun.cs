using ActorTunnel.TestSupport.Streams;
using ActorTunnel.Transport.Loops;
using Akka.Dispatch;
using Xunit;

namespace ActorTunnel.Transport.Tests.Loops;

/// <summary>Something of a test that is run by a loop.</summary>
internal sealed class LoopRun(Action action) : IRunnable
{
    public void Run() => action();

    public void Execute() => action();

    /// <summary>Runs it on a loop and waits until it is done.</summary>
    public static void On(EventLoop loop, Action action)
    {
        using var done = new ManualResetEventSlim();
        Exception? failure = null;
        loop.Execute(new LoopRun(() =>
        {
            failure = Record.Exception(action); // On the loop's thread it would end the process.
            done.Set();
        }));
        Assert.True(done.Wait(StageTest.Patience), "the loop did not run it");
        Assert.Null(failure);
    }
}
