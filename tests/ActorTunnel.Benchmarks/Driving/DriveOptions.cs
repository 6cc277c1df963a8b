using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

namespace ActorTunnel.Benchmarks.Driving;

/// <summary>Options that all drives share.</summary>
internal static class DriveOptions
{
    public static Option<IPEndPoint> Target() => Address("--target", "Address and port to connect to: the chain's entrance");

    public static Option<IPEndPoint> Origin() => Address("--origin", "Address and port at which this driver is the origin behind the chain");

    /// <summary>A required option whose value is an address with a port.</summary>
    public static Option<IPEndPoint> Address(string name, string description) => new(name)
    {
        Description = description,
        Required = true,
        CustomParser = Parse,
    };

    public static Option<int> Tunnels(int count) => new("--tunnels")
    {
        Description = "Connections at once",
        DefaultValueFactory = _ => count,
    };

    private static IPEndPoint Parse(ArgumentResult result)
    {
        if (IPEndPoint.TryParse(result.Tokens[0].Value, out var address) && address.Port > 0)
        {
            return address;
        }

        result.AddError($"'{result.Tokens[0].Value}' is not an address with a port, such as 127.0.0.1:10000");
        return new IPEndPoint(IPAddress.None, 0);
    }
}
