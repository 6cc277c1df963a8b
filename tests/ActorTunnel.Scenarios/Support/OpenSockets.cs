using System.Globalization;
using System.Net.NetworkInformation;

namespace ActorTunnel.Scenarios.Support;

/// <summary>The TCP sockets that processes hold open, as the kernel lists them; elsewhere than on Linux nothing is known.</summary>
internal static class OpenSockets
{
    private const int LocalAddress = 1;
    private const int RemoteAddress = 2;
    private const int State = 3;
    private const int Inode = 9;

    /// <summary>Sockets of a local port among the first, or of a remote port among the second, that still have an owner.</summary>
    public static List<string> Of(IEnumerable<int> localPorts, IEnumerable<int> remotePorts)
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        var local = localPorts.ToHashSet();
        var remote = remotePorts.ToHashSet();
        return
        [
            .. File.ReadLines("/proc/net/tcp")
                .Skip(1)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(columns => columns[Inode] != "0"
                    && (local.Contains(PortOf(columns[LocalAddress])) || remote.Contains(PortOf(columns[RemoteAddress]))))
                .Select(columns => $"{PortOf(columns[LocalAddress])} to {PortOf(columns[RemoteAddress])} in state {columns[State]}"),
        ];
    }

    /// <summary>Whether somebody listens on a port.</summary>
    public static bool IsListening(int port) => IPGlobalProperties.GetIPGlobalProperties()
        .GetActiveTcpListeners()
        .Any(address => address.Port == port);

    private static int PortOf(string address) =>
        int.Parse(address.AsSpan(address.IndexOf(':', StringComparison.Ordinal) + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
