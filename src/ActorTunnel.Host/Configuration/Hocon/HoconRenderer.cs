using System.Text;

namespace ActorTunnel.Host.Configuration.Hocon;

/// <summary>Writes a resolved tree as HOCON that this reader and Akka's parser read back as the same tree.</summary>
public static class HoconRenderer
{
    private const int Indent = 2;

    /// <summary>The fields of <paramref name="root"/>, one a line, without braces around them.</summary>
    public static string Render(HoconObject root)
    {
        var output = new StringBuilder();
        WriteFields(output, root, 0);
        return output.ToString();
    }

    private static void WriteFields(StringBuilder output, HoconObject node, int depth)
    {
        foreach (var field in node.Fields)
        {
            output.Append(' ', depth * Indent).Append(HoconText.Key(field.Name));
            output.Append(field.Value is HoconObject ? " " : " = ");
            Write(output, field.Value, depth);
            output.Append('\n');
        }
    }

    private static void Write(StringBuilder output, HoconValue value, int depth)
    {
        switch (value)
        {
            case HoconObject { Fields: [] }:
                output.Append("{ }");
                break;
            case HoconObject node:
                output.Append("{\n");
                WriteFields(output, node, depth + 1);
                output.Append(' ', depth * Indent).Append('}');
                break;
            case HoconArray array when array.Items.All(item => item is HoconScalar):
                output.Append('[').AppendJoin(", ", array.Items.Cast<HoconScalar>().Select(Scalar)).Append(']');
                break;
            case HoconArray array:
                output.Append("[\n");
                foreach (var item in array.Items)
                {
                    output.Append(' ', (depth + 1) * Indent);
                    Write(output, item, depth + 1);
                    output.Append(",\n");
                }

                output.Append(' ', depth * Indent).Append(']');
                break;
            case HoconScalar scalar:
                output.Append(Scalar(scalar));
                break;
            default:
                throw new InvalidOperationException($"{value.Kind} cannot be rendered");
        }
    }

    internal static string Scalar(HoconScalar scalar) => scalar is HoconString ? HoconText.Value(scalar.Text) : scalar.Text;
}
