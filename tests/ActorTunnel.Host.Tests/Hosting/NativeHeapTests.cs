using System.Globalization;
using System.Runtime.InteropServices;
using ActorTunnel.Host.Hosting;
using Xunit;

namespace ActorTunnel.Host.Tests.Hosting;

public sealed class NativeHeapTests
{
    /// <summary>With the threshold that glibc begins with, 128 KiB, the block would lie in the heap and stay there.</summary>
    [GlibcFact]
    public void A_large_block_goes_back_to_the_system_when_it_is_freed()
    {
        Assert.True(NativeHeap.TryBound());
        var block = Marshal.AllocHGlobal(96 * 1024);
        Assert.True(IsMapped(block));

        Marshal.FreeHGlobal(block);

        Assert.False(IsMapped(block));
    }

    private static bool IsMapped(nint address) => File.ReadLines("/proc/self/maps").Any(line =>
    {
        var bounds = line[..line.IndexOf(' ', StringComparison.Ordinal)].Split('-').Select(bound => long.Parse(bound, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
        return bounds[0] <= address && address < bounds[1];
    });

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
