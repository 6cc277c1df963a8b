using System.Net;

namespace ActorTunnel.Benchmarks.Harness.Tunnels;

/// <summary>How tunnels are opened at a chain.</summary>
/// <param name="Address">Where it listens.</param>
/// <param name="Authority">What an HTTP/1.1 CONNECT has to ask for; null where it takes plain TCP.</param>
/// <param name="KnowsHalfClose">Whether an end of one direction passes through it alone. Where not, tunnels are closed without waiting for the other's end.</param>
internal sealed record Entrance(IPEndPoint Address, string? Authority = null, bool KnowsHalfClose = true);
