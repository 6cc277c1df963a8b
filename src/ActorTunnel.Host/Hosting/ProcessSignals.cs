using System.Runtime.InteropServices;

namespace ActorTunnel.Host.Hosting;

/// <summary>
/// The signals of this process: the first SIGTERM or Ctrl-C asks for a stop in order, a second Ctrl-C ends the process at once. A
/// second SIGTERM changes nothing: who has no patience left sends SIGKILL.
/// </summary>
internal sealed class ProcessSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _interrupt;
    private int _interrupts;

    public ProcessSignals()
    {
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnTerminate);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnInterrupt);
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>On Unix, SIGHUP calls <paramref name="reload"/> instead of ending the process, until the result is disposed.</summary>
    public static IDisposable OnHangup(Action reload) => PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
    {
        context.Cancel = true;
        reload();
    });

    public void Dispose()
    {
        // Both wait for a handler that runs, so nothing cancels a source that is gone.
        _terminate.Dispose();
        _interrupt.Dispose();
        _stop.Dispose();
    }

    private void OnTerminate(PosixSignalContext context)
    {
        context.Cancel = true;
        _stop.Cancel();
    }

    private void OnInterrupt(PosixSignalContext context)
    {
        // Without Cancel the signal does what it does by default: the process is gone.
        context.Cancel = Interlocked.Increment(ref _interrupts) == 1;
        if (context.Cancel)
        {
            _stop.Cancel();
        }
    }
}
