using ActorTunnel.Http2.Hpack;
using CsCheck;
using Xunit;

namespace ActorTunnel.Http2.Tests.Hpack;

/// <summary>RFC 7541 §2.3, §4 and Appendix A.</summary>
public sealed class TableTests
{
    // Appendix A: an entry a line, in the order of the indices.
    private const string RfcStaticTable = """
        :authority
        :method GET
        :method POST
        :path /
        :path /index.html
        :scheme http
        :scheme https
        :status 200
        :status 204
        :status 206
        :status 304
        :status 400
        :status 404
        :status 500
        accept-charset
        accept-encoding gzip, deflate
        accept-language
        accept-ranges
        accept
        access-control-allow-origin
        age
        allow
        authorization
        cache-control
        content-disposition
        content-encoding
        content-language
        content-length
        content-location
        content-range
        content-type
        cookie
        date
        etag
        expect
        expires
        from
        host
        if-match
        if-modified-since
        if-none-match
        if-range
        if-unmodified-since
        last-modified
        link
        location
        max-forwards
        proxy-authenticate
        proxy-authorization
        range
        referer
        refresh
        retry-after
        server
        set-cookie
        strict-transport-security
        transfer-encoding
        user-agent
        vary
        via
        www-authenticate
        """;

    [Fact]
    public void The_static_table_is_that_of_Appendix_A()
    {
        var expected = RfcStaticTable.Split('\n', StringSplitOptions.TrimEntries).Select(line => line.Split(' ', 2))
            .Select(parts => new HeaderField(parts[0], parts.Length == 2 ? parts[1] : ""));

        Assert.Equal(expected, Enumerable.Range(1, StaticTable.Count).Select(StaticTable.Get));
    }

    [Fact]
    public void Every_static_entry_is_found_at_its_index()
    {
        for (var index = 1; index <= StaticTable.Count; index++)
        {
            var field = StaticTable.Get(index);
            Assert.Equal(index, StaticTable.Find(field.Name, field.Value).FieldIndex);
        }
    }

    [Theory]
    [InlineData(":method", "CONNECT", 2)]
    [InlineData(":status", "503", 8)]
    [InlineData("host", "a", 38)]
    [InlineData("x", "", 0)]
    [InlineData("Host", "", 0)]
    public void A_name_without_the_value_is_found_at_its_first_index(string name, string value, int nameIndex) =>
        Assert.Equal(new TableMatch(0, nameIndex), StaticTable.Find(name, value));

    [Fact]
    public void An_entry_costs_its_octets_and_32()
    {
        var table = new DynamicTable(100);
        table.Add(new HeaderField("abc", "de"));
        Assert.Equal(37, table.Size);
        table.Add(new HeaderField("", ""));
        Assert.Equal(69, table.Size);
    }

    [Fact]
    public void A_table_that_is_exactly_full_evicts_nothing_and_the_next_octet_does()
    {
        var table = new DynamicTable(66);
        table.Add(new HeaderField("a", ""));
        table.Add(new HeaderField("b", ""));
        Assert.Equal((2, 66), (table.Count, table.Size));

        table.Add(new HeaderField("c", ""));
        Assert.Equal(["c", "b"], table.Entries().Select(entry => entry.Name));
    }

    [Fact]
    public void An_entry_larger_than_the_table_empties_it()
    {
        var table = new DynamicTable(64);
        table.Add(new HeaderField("a", ""));
        table.Add(new HeaderField("name", new string('v', 29)));

        Assert.Equal((0, 0), (table.Count, table.Size));
    }

    [Fact]
    public void A_smaller_maximum_evicts_the_oldest_entries()
    {
        var table = new DynamicTable(200);
        table.Add(new HeaderField("a", ""));
        table.Add(new HeaderField("b", ""));
        table.Add(new HeaderField("c", ""));

        table.Resize(98);
        Assert.Equal(["c", "b"], table.Entries().Select(entry => entry.Name));
        table.Resize(0);
        Assert.Equal((0, 0), (table.Count, table.Size));
    }

    [Fact]
    public void The_table_behaves_like_a_plain_list()
    {
        var length = Gen.Int[0, 40];
        var field = Gen.Select(length, length, (name, value) => new HeaderField(new string('n', name), new string('v', value)));
        var add = field.Select(f => (Field: (HeaderField?)f, Size: 0));
        var resize = Gen.Int[0, 800].Select(size => (Field: (HeaderField?)null, Size: size));

        Gen.Frequency((12, add), (1, resize)).Array[0, 200].Sample(steps =>
        {
            var table = new DynamicTable(400);
            var model = new List<HeaderField>();
            var max = 400;
            foreach (var (added, size) in steps)
            {
                if (added is { } entry)
                {
                    table.Add(entry);
                    model.Insert(0, entry);
                }
                else
                {
                    table.Resize(size);
                    max = size;
                }

                while (model.Sum(e => e.Size) > max)
                {
                    model.RemoveAt(model.Count - 1);
                }

                Assert.Equal(model, table.Entries());
                Assert.Equal(model.Sum(e => e.Size), table.Size);
            }
        });
    }
}
