using Akka.Event;

namespace ActorTunnel.Mesh.Lives;

/// <summary>In place of the logger to which Akka, when a system ends, gives what its loggers have not taken yet, whatever <c>stdout-loglevel</c> says.</summary>
internal sealed class NoStandardOutput : MinimalLogger
{
    protected override void Log(object message)
    {
        // Standard output is the access log's.
    }
}
