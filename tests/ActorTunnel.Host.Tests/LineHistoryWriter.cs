using System.Text;
using ActorTunnel.Host.Demo;

namespace ActorTunnel.Host.Tests;

/// <summary>A writer whose lines can be waited for.</summary>
internal sealed class LineHistoryWriter : TextWriter
{
    private readonly StringBuilder _line = new();

    public LineHistory Lines { get; } = new(1_000);

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value)
    {
        if (value == '\n')
        {
            Lines.Append(_line.ToString());
            _line.Clear();
        }
        else
        {
            _line.Append(value);
        }
    }
}
