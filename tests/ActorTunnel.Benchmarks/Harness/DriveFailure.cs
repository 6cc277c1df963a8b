namespace ActorTunnel.Benchmarks.Harness;

/// <summary>A work could not be done, or its bytes were wrong: one line for the table.</summary>
internal sealed class DriveFailure(string message) : Exception(message);
