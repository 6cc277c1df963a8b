using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ActorTunnel.Host.Configuration.Hocon;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Host.Configuration;

/// <summary>Reads one kind of scalar.</summary>
/// <param name="Allowed">What an operator may write, for messages.</param>
/// <param name="Parse">Null where the text is of this kind, else what is wrong with it.</param>
/// <param name="Render">The value as the effective settings show it, so that it reads back as the same value.</param>
internal sealed record ValueKind<T>(string Allowed, ValueKind<T>.Parser Parse, Func<T, string> Render)
{
    internal delegate string? Parser(string text, out T value);
}

/// <summary>The kinds of scalars that the settings have.</summary>
internal static class ValueKind
{
    internal static readonly ValueKind<string> Text = new("a text", ParseText, text => text);

    /// <summary>Names end up in actor paths and in logs.</summary>
    internal static readonly ValueKind<string> Name = new("a-z first, then a-z, 0-9 and '-'", ParseName, name => name);

    internal static readonly ValueKind<bool> Flag = new("true or false", ParseFlag, flag => flag ? "true" : "false");

    internal static readonly ValueKind<IPEndPoint> Bind = new(
        "an IP address and a port, such as \"127.0.0.1:10000\" or \"[::1]:10000\"", ParseBind, bind => bind.ToString());

    /// <summary>What is bound there can be reached from this machine only.</summary>
    internal static readonly ValueKind<IPEndPoint> LoopbackBind = new(
        "a loopback address and a port, such as \"127.0.0.1:9900\" or \"[::1]:9900\"", ParseLoopbackBind, bind => bind.ToString());

    internal static readonly ValueKind<Authority> Authority = new(
        "\"host:port\", an IPv6 address in brackets", ParseAuthority, authority => authority.ToString());

    internal static readonly ValueKind<EndpointAddress> Endpoint = new(
        "\"host:port\", an IPv6 address in brackets", ParseEndpoint, endpoint => endpoint.ToString());

    /// <summary>Port 0 stands for one that is left out.</summary>
    internal static readonly ValueKind<EndpointAddress> Advertised = new(
        "\"host\" or \"host:port\", an IPv6 address with a port in brackets", ParseAdvertised, address => address.Port == 0 ? address.Host : address.ToString());

    internal static readonly ValueKind<string> Host = new("a host name or an IP address, without a port", ParseHost, host => host);

    internal static readonly ValueKind<string> RoutePattern = new(
        "\"*\", a host, or \"*.suffix\", each with an optional \":port\"", ParseRoutePattern, pattern => pattern);

    internal static readonly ValueKind<string> TrustDomain = new(
        "a SPIFFE trust domain such as \"mesh.local\": a-z, 0-9, '.', '-' and '_'", ParseTrustDomain, domain => domain);

    internal static readonly ValueKind<string> SpiffeId = new(
        "a SPIFFE id such as \"spiffe://mesh.local/terminator\"", ParseSpiffeId, id => id);

    /// <summary>Inclusive bounds.</summary>
    internal static ValueKind<int> Integer(int min, int max = int.MaxValue)
    {
        return new ValueKind<int>(
            max == int.MaxValue ? Invariant($"a whole number, {min} or more") : Invariant($"a whole number from {min} to {max}"),
            Parse,
            Number);

        string? Parse(string text, out int value)
        {
            value = 0;
            if (!long.TryParse(text.AsSpan().Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            {
                return "is no whole number, or one that is far too large";
            }

            value = (int)Math.Clamp(number, min, max);
            return value == number ? null : "is out of range";
        }
    }

    /// <summary>The same, or <c>auto</c> for <paramref name="automatic"/>.</summary>
    internal static ValueKind<int> IntegerOrAuto(int min, int max, int automatic)
    {
        var integer = Integer(min, max);
        return new ValueKind<int>($"auto, or {integer.Allowed}", Parse, Number);

        string? Parse(string text, out int value)
        {
            value = automatic;
            return text == "auto" ? null : integer.Parse(text, out value);
        }
    }

    /// <summary>Inclusive bounds, in bytes.</summary>
    internal static ValueKind<long> Size(long min, long max = long.MaxValue)
    {
        var from = HoconUnits.Render(min);
        return new ValueKind<long>(
            max == long.MaxValue ? $"a size such as {from}, which is the least" : $"a size from {from} to {HoconUnits.Render(max)}",
            Parse,
            HoconUnits.Render);

        string? Parse(string text, out long value)
        {
            if (!HoconUnits.TryParseSize(text, out value))
            {
                return "is no size, or one that is far too large";
            }

            return value < min || value > max ? "is out of range" : null;
        }
    }

    /// <summary>A size, or <c>auto</c> for <paramref name="automatic"/>, which need not keep to the bound.</summary>
    internal static ValueKind<long> SizeOrAuto(long min, long automatic)
    {
        var size = Size(min);
        return new ValueKind<long>($"auto, or {size.Allowed}", Parse, HoconUnits.Render);

        string? Parse(string text, out long value)
        {
            value = automatic;
            return text == "auto" ? null : size.Parse(text, out value);
        }
    }

    /// <summary>Inclusive bounds; with <paramref name="zero"/> 0 is allowed besides.</summary>
    internal static ValueKind<TimeSpan> Duration(TimeSpan min, TimeSpan max, bool zero = false, bool wholeSeconds = false)
    {
        var range = $"a duration from {HoconUnits.Render(min)} to {HoconUnits.Render(max)}{(wholeSeconds ? " in whole seconds" : "")}";
        return new ValueKind<TimeSpan>(zero ? $"0, or {range}" : range, Parse, HoconUnits.Render);

        string? Parse(string text, out TimeSpan value)
        {
            if (!HoconUnits.TryParseDuration(text, out value))
            {
                return "is no duration, or one that is far too long";
            }

            if (zero && value == TimeSpan.Zero)
            {
                return null;
            }

            if (value < min || value > max)
            {
                return "is out of range";
            }

            return wholeSeconds && value.Ticks % TimeSpan.TicksPerSecond != 0 ? "is no whole number of seconds" : null;
        }
    }

    /// <summary>One of a few words.</summary>
    internal static ValueKind<T> Choice<T>(params (string Word, T Value)[] choices)
        where T : struct, Enum
    {
        return new ValueKind<T>(
            string.Join(" or ", choices.Select(choice => choice.Word)),
            Parse,
            value => choices.First(choice => choice.Value.Equals(value)).Word);

        string? Parse(string text, out T value)
        {
            var index = Array.FindIndex(choices, choice => choice.Word == text);
            value = index < 0 ? default : choices[index].Value;
            return index < 0 ? $"is not known{Suggestion.DidYouMean(text, choices.Select(choice => choice.Word))}" : null;
        }
    }

    internal static bool IsName(string text) =>
        text.Length > 0 && char.IsAsciiLetterLower(text[0]) && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    /// <summary>Something to bind to, and nothing to dial.</summary>
    internal static bool IsWildcard(IPAddress address) =>
        address.Equals(IPAddress.IPv6Any) || (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).Equals(IPAddress.Any);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string? ParseText(string text, out string value)
    {
        value = text;
        return text.Length == 0 ? "is empty" : null;
    }

    private static string? ParseName(string text, out string value)
    {
        value = text;
        return IsName(text) ? null : "is no name";
    }

    private static string? ParseFlag(string text, out bool value)
    {
        // The six words that the HOCON specification gives a boolean.
        value = text is "true" or "yes" or "on";
        return value || text is "false" or "no" or "off" ? null : "is neither true nor false";
    }

    private static string? ParseBind(string text, out IPEndPoint value)
    {
        value = new IPEndPoint(IPAddress.None, 0);
        var colon = text.LastIndexOf(':');
        if (colon < 0)
        {
            return "has no port";
        }

        // A leading zero is octal to some readers.
        if (text.AsSpan(colon + 1) is ['0', _, ..]
            || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return "has no port from 0 to 65535";
        }

        var host = text[..colon];
        var isIPv6 = host is ['[', .., ']'];
        if (!IPAddress.TryParse(host.AsSpan().Trim("[]"), out var address)
            || isIPv6 != (address.AddressFamily == AddressFamily.InterNetworkV6)
            || (!isIPv6 && address.ToString() != host))
        {
            return "has no IP address in front of its port";
        }

        value = new IPEndPoint(address, port);
        return null;
    }

    private static string? ParseLoopbackBind(string text, out IPEndPoint value) => ParseBind(text, out value)
        ?? (IPAddress.IsLoopback(value.Address) ? null : "is no loopback address, and others could read all about this node");

    private static string? ParseAuthority(string text, out Authority value)
    {
        var parsed = Proxy.Routing.Authority.TryParse(text, out var authority, out var problem);
        value = authority!;
        return parsed ? null : problem;
    }

    private static string? ParseEndpoint(string text, out EndpointAddress value)
    {
        var problem = ParseAuthority(text, out var authority);
        value = problem is null ? new EndpointAddress(authority.Host, authority.Port) : null!;
        return problem;
    }

    private static string? ParseAdvertised(string text, out EndpointAddress value)
    {
        string? problem = null;
        if (ParseHost(text, out var host) is null)
        {
            value = new EndpointAddress(host, 0);
        }
        else
        {
            problem = ParseEndpoint(text, out value);
        }

        return problem ?? (IPAddress.TryParse(value.Host, out var address) && IsWildcard(address) ? "is every address of a machine, which nobody can dial" : null);
    }

    private static string? ParseHost(string text, out string value)
    {
        // The host of an authority without its port.
        var problem = ParseAuthority(text.Contains(':', StringComparison.Ordinal) ? $"[{text}]:1" : $"{text}:1", out var authority);
        value = problem is null ? authority.Host : text;
        return problem;
    }

    private static string? ParseRoutePattern(string text, out string value)
    {
        var parsed = Proxy.Routing.RoutePattern.TryParse(text, out var pattern, out var problem);
        value = pattern?.ToString() ?? text;
        return parsed ? null : problem;
    }

    private static string? ParseTrustDomain(string text, out string value)
    {
        value = text;
        return IsTrustDomain(text) ? null : "is no SPIFFE trust domain";
    }

    private static string? ParseSpiffeId(string text, out string value)
    {
        value = text;
        return Commands.SpiffeId.ProblemOf(text) is null ? null : "is no SPIFFE id";
    }

    private static bool IsTrustDomain(string text) =>
        text.Length is > 0 and <= 255 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_');
}
