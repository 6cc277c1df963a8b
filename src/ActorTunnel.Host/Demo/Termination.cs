using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ActorTunnel.Host.Demo;

/// <summary>Asks a process to end in order. The base library can only kill.</summary>
internal static class Termination
{
    private const int Sigterm = 15;

    /// <summary>SIGTERM on Linux and macOS; elsewhere there is no such request, and the process is killed.</summary>
    public static void Request(Process process)
    {
        if (OperatingSystem.IsWindows())
        {
            process.Kill();
            return;
        }

        // ESRCH is a process that has just ended by itself, which is all that was asked for.
        const int noSuchProcess = 3;
        if (Kill(process.Id, Sigterm) != 0 && Marshal.GetLastPInvokeError() is not noSuchProcess and var error)
        {
            throw new Win32Exception(error);
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
