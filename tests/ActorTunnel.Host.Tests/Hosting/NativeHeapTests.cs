using System.Runtime.InteropServices;
using ActorTunnel.Host.Hosting;
using Xunit;

namespace ActorTunnel.Host.Tests.Hosting;

public sealed class NativeHeapTests
{
    /// <summary>malloc.c: set in the size in front of a block that has a mapping of its own; such a block is unmapped when it is freed.</summary>
    private const long IsMapped = 2;

    /// <summary>With the threshold that glibc begins with, 128 KiB, the block would lie in the heap and stay there.</summary>
    [GlibcFact]
    public void A_large_block_goes_back_to_the_system_when_it_is_freed()
    {
        Assert.True(NativeHeap.TryBound());

        var block = Marshal.AllocHGlobal(96 * 1024);

        Assert.Equal(IsMapped, Marshal.ReadInt64(block, -sizeof(long)) & IsMapped);
        Marshal.FreeHGlobal(block);
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class GlibcFactAttribute : FactAttribute
    {
        public GlibcFactAttribute()
        {
            Skip = OperatingSystem.IsLinux() && !RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal)
                ? null
                : "the C library is not glibc";
        }
    }
}
