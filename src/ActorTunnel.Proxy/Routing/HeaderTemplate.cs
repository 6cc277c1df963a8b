using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text;

namespace ActorTunnel.Proxy.Routing;

/// <summary>
/// A text with operators between percent signs, for the authority and the header fields of a CONNECT: <c>%DOWNSTREAM_LOCAL_PORT%</c> and so on, as
/// <see cref="HeaderOperator"/> lists them, and <c>%%</c> for a percent sign. <c>%HOSTNAME%</c> and <c>%ENVIRONMENT(X)%</c> do not change while the process runs, so
/// they are replaced when the template is parsed.
/// </summary>
public sealed class HeaderTemplate
{
    private readonly ImmutableArray<Part> _parts;

    /// <summary>The whole text where there is no operator, so that rendering makes nothing new.</summary>
    private readonly string? _literal;
    private readonly Authority? _literalAuthority;

    private HeaderTemplate(string text, ImmutableArray<Part> parts)
    {
        Text = text;
        _parts = parts;
        foreach (var part in parts)
        {
            Needs |= part.Operator switch
            {
                HeaderOperator.RequestedServerName => HeaderTemplateNeeds.ServerName,
                HeaderOperator.OriginalDestination => HeaderTemplateNeeds.OriginalDestination,
                _ => HeaderTemplateNeeds.None,
            };
        }

        _literal = parts switch
        {
            [] => "",
            [{ Operator: null } only] => only.Text,
            _ => null,
        };
        _literalAuthority = _literal is not null && Authority.TryParse(_literal, out var authority, out _) ? authority : null;
    }

    /// <summary>The operators' names, without percent signs.</summary>
    public static IReadOnlyCollection<string> OperatorNames => HeaderTemplateParser.OperatorNames;

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>What has to be found out before it can be rendered.</summary>
    public HeaderTemplateNeeds Needs { get; }

    /// <summary>Whether it is the same for every connection, so that it can be checked when the node starts.</summary>
    public bool IsLiteral => _literal is not null;

    /// <summary>Reads a text of the configuration; all its mistakes are told at once.</summary>
    public static bool TryParse(
        string text,
        HeaderTemplateConstants constants,
        [NotNullWhen(true)] out HeaderTemplate? template,
        out ImmutableArray<HeaderTemplateMistake> mistakes)
    {
        var parser = new HeaderTemplateParser(text, constants);
        var parts = parser.Parse();
        mistakes = parser.Mistakes;
        template = mistakes.IsEmpty ? new HeaderTemplate(text, parts) : null;
        return template is not null;
    }

    /// <summary>The value of a header field; what comes out is checked to be one.</summary>
    public bool TryRenderValue(
        in HeaderTemplateContext context, [NotNullWhen(true)] out string? value, [NotNullWhen(false)] out HeaderTemplateFailure? failure)
    {
        if (!TryRender(context, out value, out failure))
        {
            return false;
        }

        if (HeaderFieldRules.ProblemOfValue(value) is { } problem)
        {
            failure = new HeaderTemplateFailure.Unfit(problem);
            value = null;
            return false;
        }

        return true;
    }

    /// <summary>The authority of a CONNECT; what comes out is checked to be one.</summary>
    public bool TryRenderAuthority(
        in HeaderTemplateContext context, [NotNullWhen(true)] out Authority? authority, [NotNullWhen(false)] out HeaderTemplateFailure? failure)
    {
        authority = _literalAuthority;
        failure = null;
        if (authority is not null)
        {
            return true;
        }

        if (!TryRender(context, out var text, out failure))
        {
            return false;
        }

        if (!Authority.TryParse(text, out authority, out var problem))
        {
            failure = new HeaderTemplateFailure.Unfit(problem);
            return false;
        }

        return true;
    }

    /// <inheritdoc cref="Text"/>
    public override string ToString() => Text;

    private static string? ValueOf(HeaderOperator @operator, in HeaderTemplateContext context) => @operator switch
    {
        HeaderOperator.DownstreamLocalAddress => TextOf(context.DownstreamLocal),
        HeaderOperator.DownstreamLocalAddressWithoutPort => AddressOf(context.DownstreamLocal)?.ToString(),
        HeaderOperator.DownstreamLocalPort => PortOf(context.DownstreamLocal),
        HeaderOperator.DownstreamRemoteAddress => TextOf(context.DownstreamRemote),
        HeaderOperator.DownstreamRemoteAddressWithoutPort => AddressOf(context.DownstreamRemote)?.ToString(),
        HeaderOperator.DownstreamRemotePort => PortOf(context.DownstreamRemote),
        HeaderOperator.RequestedServerName => context.RequestedServerName,
        HeaderOperator.OriginalDestination => TextOf(context.OriginalDestination),
        HeaderOperator.ConnectionId => context.ConnectionId,
        HeaderOperator.StartTime => context.StartTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        _ => throw new ArgumentOutOfRangeException(nameof(@operator), @operator, null),
    };

    private static string? TextOf(IPEndPoint? end) => end is null ? null : new IPEndPoint(AddressOf(end)!, end.Port).ToString();

    private static string? PortOf(IPEndPoint? end) => end?.Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>One form an address: IPv4 never mapped, and no zone, which says nothing to anybody else.</summary>
    private static IPAddress? AddressOf(IPEndPoint? end) => end?.Address switch
    {
        null => null,
        { IsIPv4MappedToIPv6: true } mapped => mapped.MapToIPv4(),
        { AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6, ScopeId: not 0 } scoped => new IPAddress(scoped.GetAddressBytes()),
        var address => address,
    };

    private bool TryRender(
        in HeaderTemplateContext context, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out HeaderTemplateFailure? failure)
    {
        failure = null;
        text = _literal;
        if (text is not null)
        {
            return true;
        }

        var builder = new StringBuilder();
        foreach (var part in _parts)
        {
            // An empty value is none: a header that says nothing where something was promised.
            var value = part.Operator is { } @operator ? ValueOf(@operator, context) : part.Text;
            if (string.IsNullOrEmpty(value))
            {
                failure = new HeaderTemplateFailure.Missing(part.Operator!.Value);
                return false;
            }

            builder.Append(value);
        }

        text = builder.ToString();
        return true;
    }

    /// <summary>An operator, or text of one character or more where <paramref name="Operator"/> is null.</summary>
    internal readonly record struct Part(HeaderOperator? Operator, string Text);
}
