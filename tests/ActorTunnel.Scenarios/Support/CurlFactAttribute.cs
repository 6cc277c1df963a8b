using System.Diagnostics;

namespace ActorTunnel.Scenarios.Support;

/// <summary>A story told by the real curl, which runs where it is installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CurlFactAttribute : FactAttribute
{
    public CurlFactAttribute()
    {
        if (!Curl.IsInstalled)
        {
            Skip = "curl is not installed";
        }
    }
}

/// <summary>The curl of this machine.</summary>
internal static class Curl
{
    public static bool IsInstalled { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "curl.exe" : "curl")));

    /// <summary>Runs it without anybody's own configuration or proxies, and returns what it wrote.</summary>
    public static async Task<(int ExitCode, byte[] Output, string Errors)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("curl") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["--disable", "--silent", "--show-error", "--noproxy", "", "--max-time", "20", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var output = new MemoryStream();
        var copying = process.StandardOutput.BaseStream.CopyToAsync(output);
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        await copying;
        return (process.ExitCode, output.ToArray(), await errors);
    }
}
