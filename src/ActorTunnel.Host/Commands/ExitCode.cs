namespace ActorTunnel.Host.Commands;

/// <summary>What the process tells the shell.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The work could not be done.</summary>
    public const int Failure = 1;

    /// <summary>The command line or the configuration is wrong; nothing was started.</summary>
    public const int Mistake = 2;

    /// <summary>Ended by Ctrl-C before the work was done; 128 + SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;
}
