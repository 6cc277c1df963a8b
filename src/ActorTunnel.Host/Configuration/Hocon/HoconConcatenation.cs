namespace ActorTunnel.Host.Configuration.Hocon;

/// <summary>Values next to each other on one line: texts join, arrays join, objects merge; they do not mix.</summary>
internal static class HoconConcatenation
{
    /// <summary>Joins what can be joined before substitutions are resolved.</summary>
    /// <param name="parts">At least one; the first and the last are not blank.</param>
    /// <param name="mistake">Set where null is returned.</param>
    internal static HoconNode? Join(List<HoconNode> parts, out ConfigurationMistake? mistake)
    {
        mistake = null;
        if (parts.Count == 1)
        {
            return parts[0];
        }

        if (parts.Exists(part => part is SubstitutionNode))
        {
            return new ConcatenationNode(parts, parts[0].Place);
        }

        if (parts.TrueForAll(part => part is ScalarNode or BlankNode))
        {
            var text = string.Concat(parts.Select(part => part is ScalarNode scalar ? scalar.Value.Text : ((BlankNode)part).Text));
            return new ScalarNode(new HoconString(text, parts[0].Place));
        }

        parts.RemoveAll(part => part is BlankNode);
        if (parts.TrueForAll(part => part is ArrayNode))
        {
            return new ArrayNode([.. parts.SelectMany(part => ((ArrayNode)part).Items)], parts[0].Place);
        }

        if (parts.TrueForAll(part => part is ObjectNode))
        {
            var first = (ObjectNode)parts[0];
            var place = first.Place;
            parts.Skip(1).ToList().ForEach(part => first.MergeWith((ObjectNode)part));
            first.Place = place;
            return first;
        }

        // Not all scalars, not all arrays, not all objects: the nodes' own types differ.
        var odd = parts.First(part => part.GetType() != parts[0].GetType());
        mistake = Mixed(odd.Place, KindOf(parts[0]), KindOf(odd));
        return null;
    }

    /// <summary>Two kinds of values stand next to each other.</summary>
    internal static ConfigurationMistake Mixed(HoconPlace place, string first, string second) =>
        new(place, null, null, $"{first} and {second} stand next to each other", "only texts, only arrays or only objects; or a comma or a new line between them");

    private static string KindOf(HoconNode node) => node switch
    {
        ObjectNode => "an object",
        ArrayNode => "an array",
        ScalarNode scalar => scalar.Value.Kind,
        _ => "a text",
    };
}
