using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace ActorTunnel.Host.Tests.Interception;

/// <summary>The origin as an application sees it.</summary>
internal static partial class OriginSite
{
    public static string Page(string family) => $"https://{InterceptionNetwork.OriginOf(family)}/";

    public static string Upload(string family) => $"https://{InterceptionNetwork.OriginOf(family)}/upload";

    /// <summary>What it answers to an upload.</summary>
    public static string ReceiptOf(string body) =>
        $"size: {body.Length}\nsha256: {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)))}";

    /// <summary>Who dialled the origin, as its page says it.</summary>
    public static string CallerIn(string page)
    {
        var from = IPAddress.Parse(From().Match(page).Groups["address"].Value);
        return (from.IsIPv4MappedToIPv6 ? from.MapToIPv4() : from).ToString();
    }

    [GeneratedRegex("<th>from</th><td>(?<address>.*) port")]
    private static partial Regex From();
}
