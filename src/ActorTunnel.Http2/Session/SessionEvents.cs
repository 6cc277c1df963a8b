using ActorTunnel.Http2.Streams;

namespace ActorTunnel.Http2.Session;

/// <summary>The events that were raised and not read yet.</summary>
internal sealed class SessionEvents : IDisposable
{
    private readonly Queue<SessionEvent> _waiting = new();

    public void Raise(SessionEvent e) => _waiting.Enqueue(e);

    /// <summary>Says that a stream may be given payload, if it was to be said and is so.</summary>
    public void RaiseIfSendReady(Http2Stream stream)
    {
        if (stream.WantsSendReady && IsSendReady(stream))
        {
            stream.WantsSendReady = false;
            Raise(SessionEvent.SendReady(stream));
        }
    }

    public bool TryTake(out SessionEvent e)
    {
        while (_waiting.TryDequeue(out e))
        {
            // Since it was raised the stream may have ended, or others may have used the connection's window up: then it is said
            // again when there is more, because SendCapacity was read as 0.
            if (e.Kind != SessionEventKind.SendReady || IsSendReady(e.Stream!))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Drops what was not read, payload included.</summary>
    public void Dispose()
    {
        while (_waiting.TryDequeue(out var e))
        {
            e.Data.Dispose();
        }
    }

    private static bool IsSendReady(Http2Stream stream) => stream.CanSend && stream.QueuedBytes == 0 && stream.SendCapacity > 0;
}
