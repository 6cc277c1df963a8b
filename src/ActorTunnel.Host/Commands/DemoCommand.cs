using System.CommandLine;
namespace ActorTunnel.Host.Commands;
internal static class DemoCommand { public static Command Create() => new("demo"); }
