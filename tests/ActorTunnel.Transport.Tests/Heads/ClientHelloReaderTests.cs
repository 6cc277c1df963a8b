using ActorTunnel.Transport.Heads;
using CsCheck;
using Xunit;
using static ActorTunnel.Transport.Tests.Heads.HelloBytes;

namespace ActorTunnel.Transport.Tests.Heads;

public sealed class ClientHelloReaderTests
{
    [Theory]
    [InlineData("www.example.com")]
    [InlineData("a")]
    [InlineData("localhost")]
    public void The_name_is_read_from_the_hello_of_the_platforms_tls(string host) =>
        AssertName(host, OfThePlatform(host));

    [Fact]
    public void A_hello_of_the_platforms_tls_without_a_name_has_none() => AssertName(null, OfThePlatform(""));

    [Fact]
    public void Grease_and_other_extensions_around_the_name_are_skipped() =>
        AssertName("host.example", Records(Message(Grease, Groups, ServerName("host.example"), Extension(0xFAFA, [0]))));

    [Fact]
    public void A_hello_without_server_name_has_none() => AssertName(null, Records(Message(Grease, Groups)));

    [Fact]
    public void A_hello_without_extensions_has_none() => AssertName(null, Records(Message((byte[][]?)null)));

    [Fact]
    public void A_hello_with_an_empty_extension_block_has_none() => AssertName(null, Records(Message()));

    [Fact]
    public void A_hello_cut_into_records_of_any_size_is_read()
    {
        var message = Message(Grease, ServerName("host.example"), Groups);
        for (var fragment = 1; fragment <= message.Length; fragment++)
        {
            AssertName("host.example", Records(message, fragment));
        }
    }

    [Fact]
    public void Each_byte_of_the_name_is_given_as_it_is() =>
        AssertName("a b\0\u00FF", Records(Message(ServerName("a b\0\u00FF"))));

    [Fact]
    public void Names_of_other_types_are_skipped() => AssertName(
        "host.example", Records(Message(Extension(0, Vector16([7, .. Vector16([1, 2]), 0, .. Vector16("host.example"u8.ToArray())])))));

    [Fact]
    public void What_follows_the_hello_changes_nothing() =>
        AssertName("host.example", [.. Records(Message(ServerName("host.example"))), 20, 3, 3, 0, 1, 1, 23, 255]);

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n", 1)]
    [InlineData("\u0017\u0003\u0003", 1)]
    [InlineData("\u0016\u0002", 2)]
    [InlineData("\u0016\u0003\u0001\0\0", 5)]
    [InlineData("\u0016\u0003\u0001\u0040\u0001", 5)]
    [InlineData("\u0016\u0003\u0001\0\u0010\u0002", 6)]
    [InlineData("\u0016\u0003\u0001\u0010\0\u0001\0\u0040\0", 9)]
    public void What_is_no_hello_is_refused_at_the_first_byte_that_says_so(string latin1, int decidedAt)
    {
        var bytes = System.Text.Encoding.Latin1.GetBytes(latin1);
        Assert.Equal(HeadStatus.Invalid, Cuts.Run(ClientHelloReader.Read, bytes).Status);
        Assert.Equal(decidedAt, Cuts.DecidedAt(ClientHelloReader.Read, bytes));
    }

    [Fact]
    public void Another_record_between_two_parts_of_the_hello_is_refused()
    {
        var records = Records(Message(ServerName("host.example")), 40);
        AssertInvalid([.. records.AsSpan(0, 45), 21, 3, 1, 0, 2, 1, 0, .. records.AsSpan(45)]);
    }

    [Fact]
    public void Two_names_are_refused()
    {
        byte[] name = [0, .. Vector16("a"u8.ToArray())];
        AssertInvalid(Records(Message(Extension(0, Vector16([.. name, .. name])))));
        AssertInvalid(Records(Message(ServerName("a"), ServerName("a"))));
    }

    [Fact]
    public void Lengths_that_do_not_fit_are_refused()
    {
        AssertInvalid(Records(Message(Extension(0, []))));
        AssertInvalid(Records(Message(Extension(0, [0, 0]))));
        AssertInvalid(Records(Message(Extension(0, [0, 3, 0, 0, 0]))));
        AssertInvalid(Records(Message(Extension(0, [0, 4, 0, 0, 9, (byte)'a']))));
        AssertInvalid(Records(Message(Extension(0, [.. Vector16([0, .. Vector16("a"u8.ToArray())]), 0]))));
        AssertInvalid(Records(Message([0, 0, 0])));
        AssertInvalid(Records(Message([0, 0, 0, 5, 1])));
    }

    [Fact]
    public void A_body_cut_short_inside_its_message_is_refused_at_every_length_but_the_one_without_extensions()
    {
        var body = Message(ServerName("host.example"))[4..];
        var withoutExtensions = Message((byte[][]?)null).Length - 4;
        for (var length = 0; length < body.Length; length++)
        {
            var expected = length == withoutExtensions ? HeadStatus.Complete : HeadStatus.Invalid;
            Assert.Equal(expected, ClientHelloReader.Read(Records(Handshake(body[..length]))).Status);
        }
    }

    [Fact]
    public void A_byte_behind_the_extensions_is_refused() =>
        AssertInvalid(Records(Handshake([.. Message(ServerName("host.example"))[4..], 0])));

    [Fact]
    public void A_hello_of_16_KiB_is_read_and_one_byte_more_is_refused()
    {
        var empty = Records(Message(ServerName("host.example"), Extension(21, []))).Length;
        var padding = new byte[ClientHelloReader.MaxBytes - empty];
        var largest = Records(Message(ServerName("host.example"), Extension(21, padding)));
        Assert.Equal(ClientHelloReader.MaxBytes, largest.Length);
        Assert.Equal(new ClientHello("host.example"), ClientHelloReader.Read(largest).Value);
        Assert.Equal(HeadStatus.Incomplete, ClientHelloReader.Read(largest.AsSpan(0, largest.Length - 1)).Status);

        var larger = Records(Message(ServerName("host.example"), Extension(21, [.. padding, 0])));
        Assert.Equal(HeadStatus.Invalid, ClientHelloReader.Read(larger.AsSpan(0, 9)).Status);
    }

    [Fact]
    public void Record_headers_count_towards_the_limit()
    {
        var records = Records(Message(ServerName("host.example"), Extension(21, new byte[4_000])), 1);
        Assert.Equal(HeadStatus.Incomplete, ClientHelloReader.Read(records.AsSpan(0, ClientHelloReader.MaxBytes - 1)).Status);
        Assert.Equal(HeadStatus.Invalid, ClientHelloReader.Read(records.AsSpan(0, ClientHelloReader.MaxBytes)).Status);
        Assert.Equal(HeadStatus.Invalid, ClientHelloReader.Read(records).Status);
    }

    [Fact]
    public void No_input_throws_or_changes_a_verdict()
    {
        Cuts.CheckRandom(ClientHelloReader.Read, Records(Message(Grease, ServerName("host.example"), Groups), 50));
        Gen.Byte.Array[0, 200].Sample(bytes => Cuts.Run(ClientHelloReader.Read, Records(Handshake(bytes))), iter: 2_000);
        Gen.Byte.Array[0, 60].Sample(bytes => Cuts.Run(ClientHelloReader.Read, Records(Message(bytes))), iter: 2_000);
    }

    private static void AssertName(string? name, byte[] bytes)
    {
        var parse = Cuts.Run(ClientHelloReader.Read, bytes);
        Assert.Equal(HeadStatus.Complete, parse.Status);
        Assert.Equal(name, parse.Value!.ServerName);
        Assert.Equal(0, parse.Consumed);
    }

    private static void AssertInvalid(byte[] bytes) =>
        Assert.Equal(HeadStatus.Invalid, Cuts.Run(ClientHelloReader.Read, bytes).Status);
}
