using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

namespace ActorTunnel.Benchmarks.Driving;

/// <summary>Options that all drives share.</summary>
internal static class DriveOptions
{
    public static Option<IPEndPoint> Target() => new("--target")
    {
        Description = "Address and port to connect to: the chain's entrance",
        Required = true,
        CustomParser = Address,
    };

    public static Option<IPEndPoint> Origin() => new("--origin")
    {
        Description = "Address and port at which this driver is the origin behind the chain",
        Required = true,
        CustomParser = Address,
    };

    public static Option<int> Tunnels(int count) => new("--tunnels")
    {
        Description = "Connections at once",
        DefaultValueFactory = _ => count,
    };

    private static IPEndPoint Address(ArgumentResult result)
    {
        if (IPEndPoint.TryParse(result.Tokens[0].Value, out var address) && address.Port > 0)
        {
            return address;
        }

        result.AddError($"'{result.Tokens[0].Value}' is not an address with a port, such as 127.0.0.1:10000");
        return new IPEndPoint(IPAddress.None, 0);
    }
}
