using ActorTunnel.Http2.Frames;

namespace ActorTunnel.Http2.Session;

/// <summary>
/// The frames that a peer makes us send: acknowledgements and resets. A peer that provokes them and does not read them would fill our
/// memory (CVE-2019-9512, -9514, -9515), so what waits is bounded. WINDOW_UPDATEs are not counted: the windows bound them.
/// </summary>
internal sealed class PeerReplies
{
    /// <summary>Frames that may wait.</summary>
    public const int MaxFrames = 1_000;

    /// <summary>Bytes that may wait.</summary>
    public const int MaxBytes = 64 * 1024;

    private readonly FrameWriter _writer;
    private int _frames;
    private int _bytes;

    public PeerReplies(FrameWriter writer)
    {
        _writer = writer;
    }

    /// <summary>An error once more waits than may.</summary>
    public Http2Error Check() => _frames > MaxFrames || _bytes > MaxBytes
        ? Http2Error.Connection(ErrorCode.EnhanceYourCalm, "too many replies wait to be read")
        : Http2Error.None;

    public void Reset(int streamId, ErrorCode code)
    {
        _writer.Write(new ResetStreamFrame(streamId, code));
        Count(FrameHeader.Size + ResetStreamFrame.Size);
    }

    public void AcknowledgePing(long opaque)
    {
        _writer.Write(new PingFrame(opaque, Ack: true));
        Count(FrameHeader.Size + PingFrame.Size);
    }

    public void AcknowledgeSettings()
    {
        _writer.WriteSettingsAck();
        Count(FrameHeader.Size);
    }

    /// <summary>The transport took the output.</summary>
    public void Taken()
    {
        _frames = 0;
        _bytes = 0;
    }

    private void Count(int bytes)
    {
        _frames++;
        _bytes += bytes;
    }
}
