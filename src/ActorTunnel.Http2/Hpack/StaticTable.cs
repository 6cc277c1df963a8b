using System.Collections.Frozen;

namespace ActorTunnel.Http2.Hpack;

/// <summary>Where a field, or else its name, stands in the index space of RFC 7541 §2.3.3; 0 is nowhere.</summary>
internal readonly record struct TableMatch(int FieldIndex, int NameIndex);

/// <summary>The static table (RFC 7541 §2.3.1, Appendix A).</summary>
internal static class StaticTable
{
    /// <summary>Entries, and also the last index; the dynamic table starts after it.</summary>
    public const int Count = 61;

    private static readonly HeaderField[] s_fields =
    [
        new(":authority", ""),
        new(":method", "GET"),
        new(":method", "POST"),
        new(":path", "/"),
        new(":path", "/index.html"),
        new(":scheme", "http"),
        new(":scheme", "https"),
        new(":status", "200"),
        new(":status", "204"),
        new(":status", "206"),
        new(":status", "304"),
        new(":status", "400"),
        new(":status", "404"),
        new(":status", "500"),
        new("accept-charset", ""),
        new("accept-encoding", "gzip, deflate"),
        new("accept-language", ""),
        new("accept-ranges", ""),
        new("accept", ""),
        new("access-control-allow-origin", ""),
        new("age", ""),
        new("allow", ""),
        new("authorization", ""),
        new("cache-control", ""),
        new("content-disposition", ""),
        new("content-encoding", ""),
        new("content-language", ""),
        new("content-length", ""),
        new("content-location", ""),
        new("content-range", ""),
        new("content-type", ""),
        new("cookie", ""),
        new("date", ""),
        new("etag", ""),
        new("expect", ""),
        new("expires", ""),
        new("from", ""),
        new("host", ""),
        new("if-match", ""),
        new("if-modified-since", ""),
        new("if-none-match", ""),
        new("if-range", ""),
        new("if-unmodified-since", ""),
        new("last-modified", ""),
        new("link", ""),
        new("location", ""),
        new("max-forwards", ""),
        new("proxy-authenticate", ""),
        new("proxy-authorization", ""),
        new("range", ""),
        new("referer", ""),
        new("refresh", ""),
        new("retry-after", ""),
        new("server", ""),
        new("set-cookie", ""),
        new("strict-transport-security", ""),
        new("transfer-encoding", ""),
        new("user-agent", ""),
        new("vary", ""),
        new("via", ""),
        new("www-authenticate", ""),
    ];

    private static readonly FrozenDictionary<string, int> s_firstIndexOfName = s_fields
        .Select((field, position) => (field.Name, Index: position + 1))
        .DistinctBy(entry => entry.Name)
        .ToFrozenDictionary(entry => entry.Name, entry => entry.Index, StringComparer.Ordinal);

    /// <summary>The entry at <paramref name="index"/>, 1 to <see cref="Count"/>.</summary>
    public static HeaderField Get(int index) => s_fields[index - 1];

    /// <summary>Finds a field, or the first entry with its name.</summary>
    public static TableMatch Find(string name, string value)
    {
        if (!s_firstIndexOfName.TryGetValue(name, out var first))
        {
            return default;
        }

        // Entries of one name stand together.
        for (var index = first; index <= Count && Get(index).Name == name; index++)
        {
            if (Get(index).Value == value)
            {
                return new TableMatch(index, index);
            }
        }

        return new TableMatch(0, first);
    }
}
