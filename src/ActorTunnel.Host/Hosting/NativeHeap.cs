using System.Runtime.InteropServices;

namespace ActorTunnel.Host.Hosting;

/// <summary>
/// Keeps glibc's heap from growing for hours. OpenSSL, sockets and the JIT compiler allocate from it; glibc gives each thread an arena of its own,
/// and an arena keeps what its busiest moment needed.
/// </summary>
internal static class NativeHeap
{
    // malloc.h
    private const int TrimThreshold = -1;
    private const int MmapThreshold = -3;
    private const int ArenaMax = -8;

    private const int Arenas = 2;

    /// <summary>The JIT compiler's pages have this size; blocks of it or more go back to the system when they are freed.</summary>
    private const int LargeBlock = 64 * 1024;

    private const int FreeTop = 128 * 1024;

    /// <summary>To be called before there are threads. False: this is another C library than glibc, and nothing was changed.</summary>
    public static bool TryBound()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            // Each threshold that is set stays as it is; glibc else raises both by itself.
            return Mallopt(ArenaMax, Arenas) != 0 && Mallopt(MmapThreshold, LargeBlock) != 0 && Mallopt(TrimThreshold, FreeTop) != 0;
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no arenas, and no mallopt.
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Mallopt(int parameter, int value);
}
