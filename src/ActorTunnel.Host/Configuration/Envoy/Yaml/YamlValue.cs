using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration.Envoy.Yaml;

/// <summary>A node of a YAML document, aliases replaced by what they stand for.</summary>
/// <param name="Place">Where it begins; for an aliased node, where it was defined.</param>
internal abstract record YamlValue(HoconPlace Place)
{
    /// <summary>What an operator would call it.</summary>
    internal abstract string Kind { get; }

    /// <summary>Levels of mappings and sequences below and with this one; 0 for a scalar.</summary>
    internal virtual int Depth => 0;

    /// <summary>See <see cref="YamlLimits.Weight"/>.</summary>
    internal virtual long Weight => 1;
}

/// <param name="Text">Without quotes.</param>
/// <param name="IsPlain">Written without quotes, so that it may be a number, a boolean or null.</param>
/// <param name="Place">Where it begins.</param>
internal sealed record YamlScalar(string Text, bool IsPlain, HoconPlace Place) : YamlValue(Place)
{
    /// <summary>YAML 1.2.2 §10.3.2; protobuf JSON takes null for a field that is not set.</summary>
    internal bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";

    internal override string Kind => IsNull ? "null" : "a scalar";
}

internal sealed record YamlSequence(IReadOnlyList<YamlValue> Items, HoconPlace Place) : YamlValue(Place)
{
    internal override string Kind => "a sequence";

    internal override int Depth { get; } = 1 + Items.Select(item => item.Depth).DefaultIfEmpty(0).Max();

    internal override long Weight { get; } = 1 + Items.Sum(item => item.Weight);
}

/// <summary>A key with its value.</summary>
/// <param name="Name">Unique in its mapping.</param>
/// <param name="Place">Of the key.</param>
/// <param name="Value">May be null, as YAML has it.</param>
internal sealed record YamlField(string Name, HoconPlace Place, YamlValue Value);

internal sealed record YamlMapping(IReadOnlyList<YamlField> Fields, HoconPlace Place) : YamlValue(Place)
{
    internal override string Kind => "a mapping";

    internal override int Depth { get; } = 1 + Fields.Select(field => field.Value.Depth).DefaultIfEmpty(0).Max();

    internal override long Weight { get; } = 1 + Fields.Sum(field => 1 + field.Value.Weight);
}
