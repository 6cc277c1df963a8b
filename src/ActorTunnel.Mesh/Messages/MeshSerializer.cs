using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using Google.Protobuf;

namespace ActorTunnel.Mesh.Messages;

/// <summary>
/// Messages between members, as <c>mesh.proto</c> has them. What cannot be read becomes an <see cref="UnreadableMessage"/>: an exception would leave the connection up, but
/// Akka.Remote logs an error for each, and a newer member may send one a second.
/// </summary>
internal sealed class MeshSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>What makes an actor system use it.</summary>
    public static readonly string Hocon = $$"""
        akka.actor {
          serializers.mesh = "{{typeof(MeshSerializer).FullName}}, {{typeof(MeshSerializer).Assembly.GetName().Name}}"
          serialization-bindings { "{{typeof(MeshMessage).FullName}}, {{typeof(MeshMessage).Assembly.GetName().Name}}" = mesh }
        }
        """;

    /// <summary>So that two counts can be added without overflow.</summary>
    private const int LargestCount = 1_000_000_000;

    private const string ReportsWantedManifest = "ReportsWanted";
    private const string NodeReportedManifest = "NodeReported";
    private const string DrainKnownManifest = "DrainKnown";

    /// <inheritdoc/>
    public override int Identifier => 1701;

    /// <inheritdoc/>
    public override string Manifest(object o) => o switch
    {
        ReportsWanted => ReportsWantedManifest,
        NodeReported => NodeReportedManifest,
        DrainKnown => DrainKnownManifest,
        _ => throw Foreign(o),
    };

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => obj switch
    {
        ReportsWanted wanted => new Wire.ReportsWanted { LeaseMilliseconds = (uint)wanted.Lease.TotalMilliseconds }.ToByteArray(),
        NodeReported reported => ToWire(reported).ToByteArray(),
        DrainKnown => new Wire.DrainKnown().ToByteArray(),
        _ => throw Foreign(obj),
    };

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        try
        {
            return manifest switch
            {
                ReportsWantedManifest => FromWire(Wire.ReportsWanted.Parser.ParseFrom(bytes)),
                NodeReportedManifest => FromWire(Wire.NodeReported.Parser.ParseFrom(bytes)),
                DrainKnownManifest => FromWire(Wire.DrainKnown.Parser.ParseFrom(bytes)),
                _ => UnreadableMessage.Of(manifest, "it is not known to this version"),
            };
        }
        catch (InvalidProtocolBufferException problem)
        {
            return UnreadableMessage.Of(manifest, problem.Message); // A peer's bytes are not this node's fault; the receiver logs it.
        }
    }

    private static Wire.NodeReported ToWire(NodeReported reported) => new()
    {
        Incarnation = reported.Incarnation,
        Sequence = reported.Report.Sequence,
        Draining = reported.Report.IsDraining,
        Tunnels = reported.Report.Tunnels,
        Dials = reported.Report.Dials,
        Cpu = reported.Report.Cpu,
        ResidentBytes = reported.Report.ResidentBytes,
        Acknowledge = reported.WantsAcknowledgement,
    };

    private static ReportsWanted FromWire(Wire.ReportsWanted wire) =>
        new(TimeSpan.FromMilliseconds(Math.Min(wire.LeaseMilliseconds, ReportsWanted.LongestLease.TotalMilliseconds)));

    /// <summary>What no node can mean drops the report, so that nobody looks idle by a mistake; what is merely too much is cut.</summary>
    private static object FromWire(Wire.NodeReported wire)
    {
        if (wire.Sequence < 1 || wire.Tunnels < 0 || wire.Dials < 0 || !(wire.Cpu >= 0) || wire.ResidentBytes < 0)
        {
            return UnreadableMessage.Of(NodeReportedManifest, "a number is out of its range");
        }

        var report = new NodeReport(
            wire.Sequence,
            wire.Draining,
            Math.Min(wire.Tunnels, LargestCount),
            Math.Min(wire.Dials, LargestCount),
            Math.Min(wire.Cpu, 1),
            wire.ResidentBytes);
        return new NodeReported(wire.Incarnation, report, wire.Acknowledge);
    }

    private static DrainKnown FromWire(Wire.DrainKnown _) => DrainKnown.Instance;

    private static SerializationException Foreign(object message) => new($"{message.GetType()} is no message between members.");
}
