using ActorTunnel.Host.Configuration.Envoy.Yaml;

namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>Fields that are one value. Null where a field was not given or is wrong, which is told.</summary>
internal sealed partial class EnvoyMessage
{
    private delegate bool Parser<T>(YamlScalar scalar, out T value);

    /// <summary>An empty text counts as not given, as protobuf has it.</summary>
    internal Placed<string>? Text(string name)
    {
        var text = Scalar(name, "a text", (YamlScalar scalar, out string value) =>
        {
            value = scalar.Text;
            return true;
        });
        return text is { Value.Length: > 0 } ? text : null;
    }

    /// <summary>A repeated field of texts.</summary>
    internal IReadOnlyList<Placed<string>> Texts(string name)
    {
        var texts = new List<Placed<string>>();
        foreach (var (item, path) in Items(name))
        {
            if (item is YamlScalar { IsNull: false } scalar)
            {
                texts.Add(new Placed<string>(scalar.Text, scalar.Place, path));
            }
            else
            {
                _log.Mistake(item.Place, path, null, $"is {item.Kind}", "a text");
            }
        }

        return texts;
    }

    internal Placed<TimeSpan>? Duration(string name) => Scalar<TimeSpan>(name, ProtobufScalar.DurationForm, ProtobufScalar.TryParseDuration);

    internal Placed<uint>? UInt(string name) => Scalar<uint>(name, "a whole number from 0 to 4294967295", ProtobufScalar.TryParseUInt32);

    internal Placed<bool>? Flag(string name) => Scalar<bool>(name, "true or false", ProtobufScalar.TryParseBoolean);

    /// <summary>An enum, by name or by number; a value that is not among <paramref name="carried"/> is not carried.</summary>
    internal Placed<T>? Choice<T>(string name, params (string Name, int Number, T Value)[] carried)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        var index = Array.FindIndex(carried, choice => choice.Name == text.Value || $"{choice.Number}" == text.Value);
        if (index >= 0)
        {
            return new Placed<T>(carried[index].Value, text.Place, text.Path);
        }

        var names = carried.Select(choice => choice.Name).ToArray();
        NotCarried(text, $"is not carried{Suggestion.DidYouMean(text.Value, names)}", string.Join(" or ", names));
        return null;
    }

    private Placed<T>? Scalar<T>(string name, string allowed, Parser<T> parse)
    {
        if (Ask(name) is not { } field)
        {
            return null;
        }

        if (field.Value is not YamlScalar scalar)
        {
            Wrong(field, $"is {field.Value.Kind}", allowed);
            return null;
        }

        if (!parse(scalar, out var value))
        {
            Wrong(field, "cannot be read", allowed);
            return null;
        }

        return new Placed<T>(value, scalar.Place, PathOf(field.Name));
    }
}
