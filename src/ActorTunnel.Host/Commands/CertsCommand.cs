using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using ActorTunnel.Proxy.Routing;

namespace ActorTunnel.Host.Commands;

/// <summary><c>actortunnel certs</c>: certificates for trying things, see <see cref="CertificateFolder"/>.</summary>
public static class CertsCommand
{
    private const int DefaultDays = 365;
    private const int MaxDays = CertificateAuthority.Years * 365;

    public static Command Create() => Create(TimeProvider.System);

    /// <inheritdoc cref="Create()"/>
    public static Command Create(TimeProvider time)
    {
        var outOption = new Option<string>("--out")
        {
            Description = "Folder for the files; created where it is missing",
            HelpName = "DIR",
            Required = true,
        };
        var dnsOption = new Option<string[]>("--dns")
        {
            Description = "DNS name in the certificates, may be given more than once",
            HelpName = "NAME",
            DefaultValueFactory = _ => [.. CertificateNames.Localhost.Dns],
        };
        var ipOption = new Option<string[]>("--ip")
        {
            Description = "IP address in the certificates, may be given more than once",
            HelpName = "ADDRESS",
            DefaultValueFactory = _ => [.. CertificateNames.Localhost.Addresses.Select(address => address.ToString())],
        };
        var spiffeOption = new Option<string?>("--spiffe")
        {
            Description = "SPIFFE id in the certificates, as in spiffe://example.org/tunnel",
            HelpName = "URI",
        };
        var daysOption = new Option<int>("--days")
        {
            Description = $"Days that the certificates are valid, 1 to {MaxDays}; the authority is valid for {CertificateAuthority.Years} years",
            HelpName = "N",
            DefaultValueFactory = _ => DefaultDays,
        };
        dnsOption.Validators.Add(result => CheckEach(result, ProblemOfDnsName));
        ipOption.Validators.Add(result => CheckEach(result, text => TryParseAddress(text, out _) ? null : "is no IP address"));
        spiffeOption.Validators.Add(result => CheckEach(result, SpiffeId.ProblemOf));
        daysOption.Validators.Add(result => CheckEach(result, ProblemOfDays));

        var command = new Command(
            "certs",
            "Makes a certificate authority and server, client and node certificates. Existing files are never overwritten; "
            + "an authority that lies in the folder alone signs the new certificates.")
        {
            outOption, dnsOption, ipOption, spiffeOption, daysOption,
        };
        command.SetAction(parsed =>
        {
            var spiffe = parsed.GetValue(spiffeOption);
            var names = new CertificateNames(
                [.. parsed.GetRequiredValue(dnsOption)],
                [.. parsed.GetRequiredValue(ipOption).Select(IPAddress.Parse)],
                spiffe is null ? null : new Uri(spiffe));
            return Run(parsed, parsed.GetRequiredValue(outOption), names, time.GetUtcNow(), parsed.GetValue(daysOption));
        });
        return command;
    }

    private static int Run(ParseResult parsed, string directory, CertificateNames names, DateTimeOffset now, int days)
    {
        if (!CertificateFolder.TryWrite(directory, names, now, days, out var written, out var problem))
        {
            parsed.InvocationConfiguration.Error.WriteLine($"certs: {problem}");
            return 1;
        }

        var output = parsed.InvocationConfiguration.Output;
        if (written.AuthorityReused)
        {
            output.WriteLine($"signed by the authority that was in {directory}");
        }

        foreach (var path in written.Paths)
        {
            output.WriteLine(path);
        }

        return 0;
    }

    private static void CheckEach(OptionResult result, Func<string, string?> problemOf)
    {
        foreach (var token in result.Tokens)
        {
            if (problemOf(token.Value) is { } problem)
            {
                result.AddError($"{result.Option.Name} {token.Value}: {problem}");
            }
        }
    }

    private static string? ProblemOfDnsName(string text)
    {
        // What a route may match is what a certificate may name: a host, or *.suffix.
        if (!RoutePattern.TryParse(text, out var pattern, out var problem))
        {
            return problem;
        }

        return pattern.Kind == RoutePatternKind.Any || pattern.Port is not null || IPAddress.TryParse(pattern.Host, out _)
            ? "is no DNS name"
            : null;
    }

    private static string? ProblemOfDays(string text) =>
        int.TryParse(text, out var days) && days is >= 1 and <= MaxDays ? null : $"must be 1 to {MaxDays}";

    private static bool TryParseAddress(string text, out IPAddress? address) =>
        // 127.1 and the like are addresses to the base library; so are texts with a zone or with brackets.
        IPAddress.TryParse(text, out address)
        && !text.AsSpan().ContainsAny("[]%")
        && (text.Contains(':', StringComparison.Ordinal) || text == address.ToString());
}
