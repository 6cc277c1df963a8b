namespace ActorTunnel.Benchmarks.Harness.Polling;

/// <summary>What a socket waits for, or what has happened to it; the values are epoll's.</summary>
[Flags]
internal enum PollEvents
{
    None = 0,

    /// <summary>Bytes or an end can be read.</summary>
    Read = 1,

    /// <summary>Bytes can be written.</summary>
    Write = 4,

    /// <summary>The connection broke. Told whether it was asked for or not.</summary>
    Error = 8,

    /// <summary>Both directions have ended. Told whether it was asked for or not.</summary>
    HangUp = 16,
}
