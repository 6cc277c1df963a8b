using System.Text.Json;
using System.Text;
using ActorTunnel.Host.Configuration.Hocon;
using ActorTunnel.Host.Configuration;
using Xunit;

namespace ActorTunnel.Host.Tests.Configuration.Hocon;

/// <summary>Reads texts and shows trees so that a test can state one in a line.</summary>
internal static class HoconTexts
{
    /// <summary>The tree as JSON without white space; fails on any mistake.</summary>
    public static string Json(string text, params (string Name, string Value)[] environment)
    {
        var document = Document(text, environment);
        Assert.Empty(document.Mistakes);
        return Json(document.Root);
    }

    public static string Json(HoconValue value)
    {
        var output = new StringBuilder();
        Write(output, value);
        return output.ToString();
    }

    public static HoconDocument Document(string text, params (string Name, string Value)[] environment)
    {
        var reader = new HoconReader();
        Assert.Null(reader.Add(HoconSource.FromText("test.conf", text)));
        return reader.Resolve(name => environment.Where(variable => variable.Name == name).Select(variable => variable.Value).FirstOrDefault());
    }

    /// <summary>The mistake that parsing stops at.</summary>
    public static ConfigurationMistake SyntaxMistake(string text)
    {
        var mistake = new HoconReader().Add(HoconSource.FromText("test.conf", text));
        Assert.NotNull(mistake);
        return mistake;
    }

    /// <summary>The only mistake that resolving finds.</summary>
    public static ConfigurationMistake ResolutionMistake(string text) => Assert.Single(Document(text).Mistakes);

    private static void Write(StringBuilder output, HoconValue value)
    {
        switch (value)
        {
            case HoconObject node:
                output.Append('{')
                    .AppendJoin(',', node.Fields.Select(field => $"{JsonSerializer.Serialize(field.Name)}:{Json(field.Value)}"))
                    .Append('}');
                break;
            case HoconArray array:
                output.Append('[').AppendJoin(',', array.Items.Select(Json)).Append(']');
                break;
            case HoconString text:
                output.Append(JsonSerializer.Serialize(text.Text));
                break;
            case HoconScalar scalar:
                output.Append(scalar.Text);
                break;
            default:
                output.Append('<').Append(value.Kind).Append('>');
                break;
        }
    }
}
