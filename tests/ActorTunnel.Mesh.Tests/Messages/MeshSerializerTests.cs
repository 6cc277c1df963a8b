using ActorTunnel.Mesh.Messages;
using Akka.Actor;
using Akka.Configuration;
using CsCheck;
using Xunit;

namespace ActorTunnel.Mesh.Tests.Messages;

/// <summary>What goes over the wire, byte by byte, and what is made of bytes that a peer should not have sent.</summary>
public sealed class MeshSerializerTests : IDisposable
{
    private static readonly NodeReport Report = new(Sequence: 3, IsDraining: true, Tunnels: 300, Dials: 2, Cpu: 0.5, ResidentBytes: 1 << 20);

    private readonly ActorSystem _system = ActorSystem.Create("messages", ConfigurationFactory.ParseString(MeshSerializer.Hocon));

    private MeshSerializer Serializer => new((ExtendedActorSystem)_system);

    public void Dispose() => _system.Dispose();

    [Fact]
    public void The_actor_system_finds_the_serializer_for_each_message()
    {
        foreach (var message in new MeshMessage[] { new ReportsWanted(TimeSpan.Zero), new NodeReported(1, Report, false), DrainKnown.Instance })
        {
            Assert.Equal(1701, _system.Serialization.FindSerializerFor(message).Identifier);
        }
    }

    [Fact]
    public void Each_message_comes_back_as_it_was()
    {
        var reports =
            from sequence in Gen.Long[1, long.MaxValue]
            from isDraining in Gen.Bool
            from tunnels in Gen.Int[0, 1_000_000_000]
            from dials in Gen.Int[0, 1_000_000_000]
            from cpu in Gen.Double[0, 1]
            from bytes in Gen.Long[0, long.MaxValue]
            select new NodeReport(sequence, isDraining, tunnels, dials, cpu, bytes);
        var messages = Gen.OneOf<MeshMessage>(
            Gen.Int[0, 30_000].Select(lease => (MeshMessage)new ReportsWanted(TimeSpan.FromMilliseconds(lease))),
            Gen.Select(Gen.Int, reports, Gen.Bool).Select((uid, report, wants) => (MeshMessage)new NodeReported(uid, report, wants)),
            Gen.Const((MeshMessage)DrainKnown.Instance));

        messages.Sample(message => Assert.Equal(message, Serializer.FromBinary(Serializer.ToBinary(message), Serializer.Manifest(message))));
    }

    // The bytes by the encoding rules of Protocol Buffers: a tag (number << 3 | wire type), then a varint or eight bytes with the lowest first.
    [Fact]
    public void A_request_for_reports_is_its_lease_in_milliseconds()
    {
        Assert.Equal("088827", Hex(new ReportsWanted(TimeSpan.FromSeconds(5))));
        Assert.Equal("", Hex(new ReportsWanted(TimeSpan.Zero)));
        Assert.Equal("ReportsWanted", Serializer.Manifest(new ReportsWanted(TimeSpan.Zero)));
    }

    [Fact]
    public void A_report_has_its_fields_in_the_order_of_their_numbers()
    {
        Assert.Equal("0807" + "1003" + "1801" + "20AC02" + "2802" + "31000000000000E03F" + "38808040" + "4001", Hex(new NodeReported(7, Report, true)));
        Assert.Equal("08FFFFFFFFFFFFFFFFFF01" + "1001", Hex(new NodeReported(-1, new NodeReport(1, false, 0, 0, 0, 0), false)));
        Assert.Equal("NodeReported", Serializer.Manifest(new NodeReported(7, Report, true)));
    }

    [Fact]
    public void The_answer_to_a_drain_is_empty()
    {
        Assert.Equal("", Hex(DrainKnown.Instance));
        Assert.Equal("DrainKnown", Serializer.Manifest(DrainKnown.Instance));
    }

    [Fact]
    public void Fields_of_a_later_version_are_ignored()
    {
        const string Number99Text = "9A0603616263"; // 99 << 3 | 2 = 794, a varint of two bytes; then the length and "abc".
        const string Number100Varint = "A00601";

        Assert.Equal(new ReportsWanted(TimeSpan.FromSeconds(5)), Read("ReportsWanted", "088827" + Number99Text));
        Assert.Equal(
            new NodeReported(7, new NodeReport(3, false, 0, 0, 0, 0), false),
            Read("NodeReported", Number100Varint + "0807" + Number99Text + "1003"));
        Assert.Equal(DrainKnown.Instance, Read("DrainKnown", Number99Text + Number100Varint));
    }

    [Fact]
    public void Fields_that_an_earlier_version_does_not_send_have_their_defaults()
    {
        Assert.Equal(new NodeReported(0, new NodeReport(1, false, 0, 0, 0, 0), false), Read("NodeReported", "1001"));
        Assert.Equal(new ReportsWanted(TimeSpan.Zero), Read("ReportsWanted", ""));
    }

    [Fact]
    public void A_manifest_that_is_not_known_is_no_exception()
    {
        var unreadable = Assert.IsType<UnreadableMessage>(Read("NodeReported2", "1001"));

        Assert.Equal("NodeReported2", unreadable.Manifest);
    }

    [Fact]
    public void A_manifest_of_any_length_is_kept_short() =>
        Assert.Equal(new string('x', 40), Assert.IsType<UnreadableMessage>(Read(new string('x', 100_000), "")).Manifest);

    [Fact]
    public void Truncated_bytes_are_an_unreadable_message_or_one_with_fewer_fields()
    {
        var whole = Serializer.ToBinary(new NodeReported(7, Report, true));
        int[] betweenFields = [0, 2, 4, 6, 9, 11, 20, 24];

        for (var length = 0; length < whole.Length; length++)
        {
            var read = Serializer.FromBinary(whole[..length], "NodeReported");
            if (betweenFields.Contains(length) && length >= 4)
            {
                Assert.Equal(3, Assert.IsType<NodeReported>(read).Report.Sequence);
            }
            else
            {
                Assert.IsType<UnreadableMessage>(read);
            }
        }
    }

    [Fact]
    public void Any_bytes_under_any_manifest_are_read_without_an_exception() =>
        Gen.Select(Gen.Byte.Array[0, 40], Gen.OneOfConst("ReportsWanted", "NodeReported", "DrainKnown", "")).Sample((bytes, manifest) =>
        {
            switch (Serializer.FromBinary(bytes, manifest))
            {
                case ReportsWanted wanted:
                    Assert.InRange(wanted.Lease, TimeSpan.Zero, TimeSpan.FromSeconds(30));
                    break;
                case NodeReported { Report: var report }:
                    Assert.InRange(report.Sequence, 1, long.MaxValue);
                    Assert.InRange(report.Tunnels, 0, 1_000_000_000);
                    Assert.InRange(report.Dials, 0, 1_000_000_000);
                    Assert.InRange(report.Cpu, 0, 1);
                    Assert.InRange(report.ResidentBytes, 0, long.MaxValue);
                    break;
                case var other:
                    Assert.True(other is DrainKnown or UnreadableMessage, $"{other}");
                    break;
            }
        });

    [Fact]
    public void A_lease_is_thirty_seconds_at_most() =>
        Assert.Equal(new ReportsWanted(TimeSpan.FromSeconds(30)), Read("ReportsWanted", "08FFFFFFFF0F"));

    [Theory]
    [InlineData("0807", "no sequence number")]
    [InlineData("10FFFFFFFFFFFFFFFFFF01", "a sequence number of -1")]
    [InlineData("100120FFFFFFFFFFFFFFFFFF01", "-1 tunnels")]
    [InlineData("100128FFFFFFFFFFFFFFFFFF01", "-1 dials")]
    [InlineData("100131000000000000F87F", "a CPU share that is no number")]
    [InlineData("100131000000000000E0BF", "a CPU share of -0.5")]
    [InlineData("100138FFFFFFFFFFFFFFFFFF01", "-1 bytes of memory")]
    public void A_report_that_no_node_can_mean_is_dropped(string hex, string what) =>
        Assert.True(Read("NodeReported", hex) is UnreadableMessage, what);

    [Fact]
    public void What_is_merely_too_much_is_cut()
    {
        var read = Assert.IsType<NodeReported>(Read("NodeReported", "1001" + "20FFFFFFFF07" + "28FFFFFFFF07" + "310000000000000840"));

        Assert.Equal(new NodeReport(1, false, 1_000_000_000, 1_000_000_000, 1, 0), read.Report);
    }

    private object Read(string manifest, string hex) => Serializer.FromBinary(Convert.FromHexString(hex), manifest);

    private string Hex(MeshMessage message) => Convert.ToHexString(Serializer.ToBinary(message));
}
