using System.Text.Json.Nodes;

namespace ActorTunnel.Host.Configuration.Hocon;

/// <summary>A resolved tree as JSON, for scripts.</summary>
internal static class HoconJson
{
    /// <summary>Durations and sizes stay texts with their units, as a file would have them.</summary>
    public static JsonNode? Of(HoconValue value) => value switch
    {
        HoconObject node => new JsonObject(node.Fields.Select(field => KeyValuePair.Create(field.Name, Of(field.Value)))),
        HoconArray array => new JsonArray([.. array.Items.Select(Of)]),
        HoconNull => null,
        HoconBoolean boolean => boolean.Value,
        // A JSON number as it was written.
        HoconNumber number => JsonNode.Parse(number.Text),
        HoconScalar scalar => scalar.Text,
        _ => throw new ArgumentOutOfRangeException(nameof(value), value.Kind, null),
    };
}
