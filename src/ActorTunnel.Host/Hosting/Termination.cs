using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ActorTunnel.Host.Hosting;

/// <summary>What became of a request to end.</summary>
internal enum TerminationRequest
{
    Sent,

    /// <summary>There is no such process, any more.</summary>
    Gone,

    /// <summary>It belongs to another user.</summary>
    NotPermitted,
}

/// <summary>Asks a process to end in order. The base library can only kill.</summary>
internal static class Termination
{
    private const int Sigterm = 15;

    // errno-base.h
    private const int NotPermitted = 1;
    private const int NoSuchProcess = 3;

    /// <summary>SIGTERM on Linux and macOS; elsewhere there is no such request, and the process is killed.</summary>
    public static TerminationRequest Request(int process)
    {
        if (OperatingSystem.IsWindows())
        {
            using var victim = Process.GetProcessById(process);
            victim.Kill();
            return TerminationRequest.Sent;
        }

        return Kill(process, Sigterm) == 0 ? TerminationRequest.Sent : Marshal.GetLastPInvokeError() switch
        {
            NoSuchProcess => TerminationRequest.Gone,
            NotPermitted => TerminationRequest.NotPermitted,
            var error => throw new Win32Exception(error),
        };
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
