using System.Globalization;

namespace ActorTunnel.Scenarios.Support;

/// <summary>
/// What the kernel holds of TCP connections on this machine, as <c>/proc/net/tcp</c> says: sent and not acknowledged, or received and not read. What a writer got
/// rid of and the kernel does not hold is in the memory of a process.
/// </summary>
internal static class KernelQueues
{
    private const int LocalAddress = 1;
    private const int RemoteAddress = 2;
    private const int State = 3;
    private const int Queues = 4;
    private const string Listening = "0A";

    /// <summary>Bytes in both queues of every connection that has one of these ports at either end, both of its sockets together.</summary>
    public static long BytesOf(params int[] ports) => File.ReadLines("/proc/net/tcp")
        .Skip(1)
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(columns => columns[State] != Listening && (ports.Contains(Port(columns[LocalAddress])) || ports.Contains(Port(columns[RemoteAddress]))))
        .Sum(columns => columns[Queues].Split(':').Sum(queue => long.Parse(queue, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));

    private static int Port(string address) => int.Parse(address.AsSpan(address.IndexOf(':', StringComparison.Ordinal) + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
