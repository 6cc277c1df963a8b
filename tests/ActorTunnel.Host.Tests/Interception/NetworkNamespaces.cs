using System.Security.Cryptography;

namespace ActorTunnel.Host.Tests.Interception;

/// <summary>Whether tests may make network namespaces here, and names for them.</summary>
internal static class NetworkNamespaces
{
    // What the rules of scripts/intercept.sh need of the kernel.
    private const string Rules = """
        table inet probe {
          chain nat { type nat hook output priority -100; meta l4proto tcp redirect to :1; }
          chain mangle {
            type filter hook prerouting priority mangle;
            socket transparent 1 socket wildcard 0 ct direction reply accept;
            meta nfproto ipv6 meta l4proto tcp tproxy ip6 to :1
          }
        }
        """;

    private static readonly Lazy<string?> Reason = new(FindReason);

    /// <summary>Null where it can be done, else the reason.</summary>
    public static string? WhyNot => Reason.Value;

    /// <summary>A name that no other run has.</summary>
    public static string NewName(string role) => $"at{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(4, lowercase: true)}-{role}";

    private static string? FindReason()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "network namespaces are a thing of Linux";
        }

        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        foreach (var (program, package) in new[]
            { ("ip", "iproute2"), ("nft", "nftables"), ("curl", "curl"), ("setpriv", "util-linux"), ("bash", "bash") })
        {
            if (!folders.Any(folder => File.Exists(Path.Combine(folder, program))))
            {
                return $"{program} is not installed (Debian package {package})";
            }
        }

        // Attributes are made without an await.
        return Task.Run(TryAsync).GetAwaiter().GetResult();
    }

    private static async Task<string?> TryAsync()
    {
        var name = NewName("probe");
        var made = await ForeignProgram.RunAsync("ip", "netns", "add", name);
        if (made.Code != 0)
        {
            return $"network namespaces are not permitted here: {made.Error}";
        }

        var tried = await ForeignProgram.RunAsync("ip", "netns", "exec", name, "nft", Rules);
        (await ForeignProgram.RunAsync("ip", "netns", "del", name)).Succeeded();
        return tried.Code == 0 ? null : $"the rules are not permitted here, or the kernel has not all of them: {tried.Error}";
    }
}
