using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using ActorTunnel.Http2.Hpack;

namespace ActorTunnel.Proxy.Routing;

/// <summary>The CONNECT that a listener makes of a connection: its authority and its header fields.</summary>
public sealed class ConnectTemplate
{
    private static readonly HeaderField Method = new(":method", "CONNECT");

    private readonly HeaderTemplate? _authority;
    private readonly ImmutableArray<KeyValuePair<string, HeaderTemplate>> _headers;

    /// <summary>The request where it is the same for every connection, so that most listeners make nothing new.</summary>
    private readonly ConnectRequest? _constant;

    /// <param name="authority">Null where each client names its own.</param>
    /// <param name="headers">Names in lower case, in the order in which they are sent.</param>
    public ConnectTemplate(HeaderTemplate? authority, ImmutableArray<KeyValuePair<string, HeaderTemplate>> headers)
    {
        _authority = authority;
        _headers = headers;
        Needs = headers.Aggregate(authority?.Needs ?? HeaderTemplateNeeds.None, (needs, header) => needs | header.Value.Needs);
        if (authority is { IsLiteral: true } && headers.All(header => header.Value.IsLiteral))
        {
            _constant = TryRender(default, null, out var request, out var failure)
                ? request
                : throw new ArgumentException($"The templates were not validated: {failure}", nameof(authority));
        }
    }

    /// <summary>What has to be found out of a connection before it can be rendered.</summary>
    public HeaderTemplateNeeds Needs { get; }

    /// <summary>Makes the request for one connection.</summary>
    /// <param name="context">The connection.</param>
    /// <param name="asked">What the client asked for, where it names its own authority.</param>
    /// <param name="request">The request.</param>
    /// <param name="failure">What the connection lacks, or what came out and may not be sent.</param>
    public bool TryRender(
        in HeaderTemplateContext context,
        Authority? asked,
        [NotNullWhen(true)] out ConnectRequest? request,
        [NotNullWhen(false)] out HeaderTemplateFailure? failure)
    {
        failure = null;
        request = asked is null ? _constant : null;
        if (request is not null)
        {
            return true;
        }

        var authority = asked;
        if (authority is null && !AuthorityTemplate.TryRenderAuthority(context, out authority, out failure))
        {
            return false;
        }

        var fields = ImmutableArray.CreateBuilder<HeaderField>(2 + _headers.Length);
        fields.Add(Method);
        fields.Add(new HeaderField(":authority", authority.ToString()));
        foreach (var (name, template) in _headers)
        {
            if (!template.TryRenderValue(context, out var value, out failure))
            {
                return false;
            }

            fields.Add(new HeaderField(name, value));
        }

        request = new ConnectRequest(authority, fields.MoveToImmutable());
        return true;
    }

    private HeaderTemplate AuthorityTemplate =>
        _authority ?? throw new InvalidOperationException("Neither the client nor the listener names an authority.");
}

/// <summary>A CONNECT, ready to be sent.</summary>
/// <param name="Authority">Where it goes.</param>
/// <param name="Fields">With <c>:method</c> and <c>:authority</c> in front.</param>
public sealed record ConnectRequest(Authority Authority, ImmutableArray<HeaderField> Fields);
