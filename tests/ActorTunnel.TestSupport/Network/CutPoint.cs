using System.Buffers.Binary;

namespace ActorTunnel.TestSupport.Network;

/// <summary>
/// A place in a stream of bytes: an offset, or, where the bytes are records, the beginning of the first record at or behind an offset, and some
/// bytes into that record.
/// </summary>
public sealed record CutPoint
{
    private const int PrefaceLength = 24;

    private readonly long _offset;
    private readonly int _into;
    private readonly int _first;
    private readonly int _header;
    private readonly Func<byte[], int>? _lengthBehindHeader;

    private CutPoint(long offset, int into, int first, int header, Func<byte[], int>? lengthBehindHeader)
    {
        _offset = offset;
        _into = into;
        _first = first;
        _header = header;
        _lengthBehindHeader = lengthBehindHeader;
    }

    /// <summary>Behind exactly so many bytes.</summary>
    public static CutPoint After(long bytes) => new(bytes, 0, 0, 0, null);

    /// <summary>At the first TLS record that begins at or behind an offset, or some bytes into it (RFC 8446 §5.1).</summary>
    public static CutPoint TlsRecord(long offset, int into = 0) =>
        new(offset, into, 0, 5, header => BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(3)));

    /// <summary>At the first HTTP/2 frame that begins at or behind an offset, or some bytes into it (RFC 9113 §4.1).</summary>
    /// <param name="offset">Bytes from the beginning of the connection.</param>
    /// <param name="fromClient">Whether the client's preface comes first (§3.4).</param>
    /// <param name="into">Bytes of the frame that pass, its header among them.</param>
    public static CutPoint Http2Frame(long offset, bool fromClient, int into = 0) =>
        new(offset, into, fromClient ? PrefaceLength : 0, 9, header => (header[0] << 16) | (header[1] << 8) | header[2]);

    /// <summary>Looks for the place in one stream.</summary>
    public Finder Find() => new(this);

    /// <summary>Follows one stream, from its first byte on.</summary>
    public sealed class Finder
    {
        private readonly CutPoint _point;
        private readonly byte[] _header;
        private int _headerBytes;
        private long _passed;
        private long _nextRecord;
        private long _place = -1;

        internal Finder(CutPoint point)
        {
            _point = point;
            _header = new byte[point._header];
            _nextRecord = point._first;
            if (point._lengthBehindHeader is null)
            {
                _place = point._offset;
            }
            else
            {
                FoundRecord();
            }
        }

        /// <summary>Whether the place is right behind all that passed.</summary>
        public bool IsHere => _passed == _place;

        /// <summary>Lets bytes pass up to the place at most; returns how many.</summary>
        public int Pass(ReadOnlySpan<byte> bytes)
        {
            var count = 0;
            while (count < bytes.Length && !IsHere)
            {
                var until = _place >= 0 ? _place : _nextRecord > _passed ? _nextRecord : _passed + 1;
                var step = (int)Math.Min(bytes.Length - count, until - _passed);
                if (_place < 0 && _nextRecord <= _passed)
                {
                    ReadHeader(bytes[count]);
                }

                count += step;
                _passed += step;
            }

            return count;
        }

        private void ReadHeader(byte next)
        {
            _header[_headerBytes++] = next;
            if (_headerBytes == _header.Length)
            {
                _headerBytes = 0;
                _nextRecord = _passed + 1 + _point._lengthBehindHeader!(_header);
                FoundRecord();
            }
        }

        private void FoundRecord()
        {
            if (_nextRecord >= _point._offset)
            {
                _place = _nextRecord + _point._into;
            }
        }
    }
}
