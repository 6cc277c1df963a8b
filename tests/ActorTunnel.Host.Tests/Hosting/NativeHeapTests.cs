using System.Runtime.InteropServices;
using ActorTunnel.Host.Hosting;
using Xunit;

namespace ActorTunnel.Host.Tests.Hosting;

public sealed class NativeHeapTests
{
    /// <summary>malloc.c: set in the size in front of a block that has a mapping of its own; such a block is unmapped when it is freed.</summary>
    private const long IsMapped = 2;

    private const int BlockSize = 96 * 1024;

    /// <summary>More than other tests leave free in the heap, from which blocks of any size are taken first.</summary>
    private const int Blocks = 500;

    /// <summary>With the threshold that glibc begins with, 128 KiB, all blocks would lie in the heap, which grows for them and keeps their room.</summary>
    [GlibcFact]
    public void The_heap_does_not_grow_for_large_blocks()
    {
        Assert.True(NativeHeap.TryBound());

        var blocks = Enumerable.Range(0, Blocks).Select(_ => Marshal.AllocHGlobal(BlockSize)).ToList();

        var own = blocks.Count(block => (Marshal.ReadInt64(block, -sizeof(long)) & IsMapped) != 0);
        blocks.ForEach(Marshal.FreeHGlobal);
        Assert.InRange(own, Blocks / 2, Blocks);
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
