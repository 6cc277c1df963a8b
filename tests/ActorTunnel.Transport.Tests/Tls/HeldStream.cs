namespace ActorTunnel.Transport.Tests.Tls;

/// <summary>A stream over another one that can keep what is written, so that a test decides how much of it goes out.</summary>
internal sealed class HeldStream(Stream inner) : Stream
{
    private MemoryStream? _held;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Writes are kept from now on.</summary>
    public void Hold() => _held = new MemoryStream();

    /// <summary>What was kept.</summary>
    public byte[] TakeHeld() => _held!.ToArray();

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override int Read(Span<byte> buffer) => inner.Read(buffer);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer) => (_held ?? inner).Write(buffer);

    public override void Flush()
    {
        // Nothing is buffered but what is held on purpose.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
