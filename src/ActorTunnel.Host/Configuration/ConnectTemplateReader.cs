using System.Collections.Immutable;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Host.Configuration;

/// <summary>Reads the texts of a <c>tunnel</c> section that may hold operators: the authority and the header fields.</summary>
/// <param name="constants">What does not change while the process runs.</param>
internal sealed class ConnectTemplateReader(HeaderTemplateConstants constants)
{
    private const string OriginalDestination = "%ORIGINAL_DST%";

    private static readonly ValueKind<string> ServerName = new(
        "a host name, as a TLS hello has it",
        (string text, out string name) => RequestedServerName.TryParse(text, out name!, out var problem) ? null : problem,
        name => name);

    /// <summary>Adds them to a listener's settings.</summary>
    /// <param name="section">The <c>tunnel</c> section.</param>
    /// <param name="settings">With everything that decides which operators there are.</param>
    internal TunnelListenerSettings Read(SectionReader section, TunnelListenerSettings settings)
    {
        var authority = settings.Accept == TunnelAccept.HttpConnect ? RefuseAuthority(section) : ReadAuthority(section, settings);
        var headers = section
            .Texts("headers", (name, text) => HeaderFieldRules.ProblemOfName(name) ?? ProblemOfValue(text, settings))
            .Select(header => KeyValuePair.Create(header.Key, Parse(header.Value)!))
            .ToImmutableArray();
        var result = settings with
        {
            Authority = authority,
            Headers = headers,
            DefaultServerName = section.Optional("default-server-name", ServerName),
        };

        var needsServerName = headers.Select(header => header.Value).Append(authority).Any(
            template => template?.Needs.HasFlag(HeaderTemplateNeeds.ServerName) == true);
        if (!needsServerName && !section.IsWrong("authority") && !section.IsWrong("headers"))
        {
            section.Refuse("is only for an authority or a header field with %REQUESTED_SERVER_NAME%", "default-server-name");
        }

        return result;
    }

    private static HeaderTemplate? RefuseAuthority(SectionReader section)
    {
        section.Refuse("is only for accept = tcp; here each request names its own", "authority");
        return null;
    }

    /// <summary>An intercepted connection goes where it was going, unless the configuration says otherwise.</summary>
    private HeaderTemplate? ReadAuthority(SectionReader section, TunnelListenerSettings settings)
    {
        var kind = new ValueKind<HeaderTemplate>(
            $"{ValueKind.Authority.Allowed}; operators such as %DOWNSTREAM_LOCAL_PORT% may stand in it",
            (string text, out HeaderTemplate template) => ProblemOfAuthority(text, settings, out template),
            template => template.Text);
        return settings.OriginalDestination != OriginalDestinationMode.Off
            ? section.OptionalOr("authority", kind, Parse(OriginalDestination)!)
            : section.Required("authority", kind);
    }

    private HeaderTemplate? Parse(string text) =>
        HeaderTemplate.TryParse(text, constants, out var template, out _) ? template : null;

    private string? ProblemOfAuthority(string text, TunnelListenerSettings settings, out HeaderTemplate template)
    {
        if (ProblemOf(text, settings, out template) is { } problem)
        {
            return problem;
        }

        return template.TryRenderAuthority(HeaderTemplateContext.Example(settings.Bind.AddressFamily), out _, out var failure) ? null
            : template.IsLiteral ? failure.ToString()
            : $"is no authority when its operators are filled in: {failure}";
    }

    private string? ProblemOfValue(string text, TunnelListenerSettings settings)
    {
        if (ProblemOf(text, settings, out var template) is { } problem)
        {
            return problem;
        }

        return template.TryRenderValue(HeaderTemplateContext.Example(settings.Bind.AddressFamily), out _, out var failure) ? null : failure.ToString();
    }

    private string? ProblemOf(string text, TunnelListenerSettings settings, out HeaderTemplate template)
    {
        var parsed = HeaderTemplate.TryParse(text, constants, out var result, out var mistakes);
        template = result!;
        if (!parsed)
        {
            return string.Join("; ", mistakes.Select(Explain));
        }

        if (result!.Needs.HasFlag(HeaderTemplateNeeds.OriginalDestination) && settings.OriginalDestination == OriginalDestinationMode.Off)
        {
            return "%ORIGINAL_DST% needs the listener's original-dst to be redirect or tproxy";
        }

        return result.Needs.HasFlag(HeaderTemplateNeeds.ServerName) && settings.Accept == TunnelAccept.HttpConnect
            ? "%REQUESTED_SERVER_NAME% is not known with accept = http-connect: the TLS hello comes behind the answer"
            : null;
    }

    private static string Explain(HeaderTemplateMistake mistake)
    {
        var text = FormattableString.Invariant($"{mistake} at character {mistake.Position + 1}");
        return mistake.Kind == HeaderTemplateMistakeKind.UnknownOperator
            ? $"{text}{Suggestion.DidYouMean(mistake.Name, HeaderTemplate.OperatorNames)}"
            : text;
    }
}
