using System.CommandLine;
using ActorTunnel.Host.Configuration.Envoy;

namespace ActorTunnel.Host.Commands;

/// <summary><c>actortunnel import-envoy</c>: the bootstrap of an Envoy as HOCON on standard output.</summary>
internal static class ImportEnvoyCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "Envoy bootstrap (v3) in YAML" };
        var lenient = LenientOption.Create();
        var command = new Command(
            "import-envoy",
            "Prints the configuration that does what an Envoy bootstrap does with CONNECT tunnels, or every field that it does not carry with its place, "
            + "and then exits with 2.")
        {
            file, lenient,
        };
        command.SetAction(parsed =>
        {
            var console = parsed.InvocationConfiguration;
            var name = parsed.GetRequiredValue(file);
            switch (EnvoyBootstrap.Read(name, Path.GetFullPath(name), parsed.GetValue(lenient)))
            {
                case EnvoyImport.Imported imported:
                    ConfigurationArguments.WriteWarnings(imported.Warnings, console.Error);
                    console.Output.Write(imported.Hocon);
                    return ExitCode.Success;
                case EnvoyImport.Rejected rejected:
                    ConfigurationArguments.WriteMistakes(rejected.Mistakes, console.Error);
                    return ExitCode.Mistake;
                case var outcome:
                    throw new ArgumentOutOfRangeException(nameof(parsed), outcome, null);
            }
        });
        return command;
    }
}
