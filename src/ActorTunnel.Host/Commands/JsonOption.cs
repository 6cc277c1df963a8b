using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorTunnel.Host.Commands;

/// <summary><c>--json</c>: one JSON object on standard output, for scripts.</summary>
internal static class JsonOption
{
    // The reader is a script or a person, never a browser: quotes and arrows need no \u.
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Option<bool> AddTo(Command command)
    {
        var option = new Option<bool>("--json") { Description = "Answers with one JSON object" };
        command.Options.Add(option);
        return option;
    }

    public static string Render(JsonObject answer) => answer.ToJsonString(Options);
}
