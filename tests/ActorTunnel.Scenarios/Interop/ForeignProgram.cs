using System.Diagnostics;

namespace ActorTunnel.Scenarios.Interop;

/// <summary>A program that is not ours and that a story needs.</summary>
public enum Foreign
{
    /// <summary>Node.js with its built-in http2.</summary>
    Node,

    /// <summary>A Python that can import hyper-h2.</summary>
    PythonH2,

    /// <summary>The command-line client.</summary>
    Curl,

    /// <summary>nghttp2's proxy.</summary>
    Nghttpx,

    /// <summary>Apache httpd with a mod_http2 that can be a forward proxy, and the other modules for that.</summary>
    Apache,
}

/// <summary>Where a foreign program is on this machine, or why it cannot be used.</summary>
internal sealed record ForeignProgram(string? Path, string? Missing)
{
    public const string ApacheModules = "/usr/lib/apache2/modules";

    private static readonly Dictionary<Foreign, Lazy<ForeignProgram>> Found = new()
    {
        [Foreign.Node] = new(() => OnPath("node")),
        [Foreign.PythonH2] = new(PythonWithH2),
        [Foreign.Curl] = new(() => OnPath("curl")),
        [Foreign.Nghttpx] = new(() => OnPath("nghttpx")),
        [Foreign.Apache] = new(ApacheWithForwardProxy),
    };

    /// <summary>Looks for it once a process.</summary>
    public static ForeignProgram Of(Foreign program) => Found[program].Value;

    private static ForeignProgram OnPath(string name) => Places(name).FirstOrDefault() is { } path
        ? new ForeignProgram(path, null)
        : new ForeignProgram(null, $"{name} is not installed");

    /// <summary>Debian's modules belong to Debian's interpreter, and another one may come before it.</summary>
    private static ForeignProgram PythonWithH2() => Places("python3").FirstOrDefault(CanImportH2) is { } path
        ? new ForeignProgram(path, null)
        : new ForeignProgram(null, "no python3 here can import h2");

    private static ForeignProgram ApacheWithForwardProxy()
    {
        var apache = OnPath("apache2");
        if (apache.Path is null)
        {
            return apache;
        }

        var module = System.IO.Path.Combine(ApacheModules, "mod_http2.so");
        return File.Exists(module) && File.ReadAllBytes(module).AsSpan().IndexOf("H2ProxyRequests"u8) >= 0
            ? apache
            : new ForeignProgram(null, "this apache2 has no mod_http2 that knows H2ProxyRequests");
    }

    /// <summary>Servers are in sbin, which the PATH of a plain user may lack.</summary>
    private static IEnumerable<string> Places(string name) =>
        $"{Environment.GetEnvironmentVariable("PATH")}{System.IO.Path.PathSeparator}/usr/sbin"
            .Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => System.IO.Path.Combine(folder, name))
            .Where(File.Exists);

    private static bool CanImportH2(string python)
    {
        using var process = Process.Start(new ProcessStartInfo(python, ["-c", "import h2"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}

/// <summary>A story with a foreign program; skipped, with the reason, where that is not to be had.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ForeignFactAttribute : FactAttribute
{
    public ForeignFactAttribute(Foreign program)
    {
        Skip = ForeignProgram.Of(program).Missing;
    }
}

/// <summary>The same with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ForeignTheoryAttribute : TheoryAttribute
{
    public ForeignTheoryAttribute(Foreign program)
    {
        Skip = ForeignProgram.Of(program).Missing;
    }
}
