using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;

namespace ActorTunnel.Proxy.Routing;

/// <summary>Takes a template's text apart, once.</summary>
internal sealed class HeaderTemplateParser
{
    private const string HostName = "HOSTNAME";
    private const string Environment = "ENVIRONMENT";

    private static readonly FrozenDictionary<string, HeaderOperator> Operators = new Dictionary<string, HeaderOperator>
    {
        ["DOWNSTREAM_LOCAL_ADDRESS"] = HeaderOperator.DownstreamLocalAddress,
        ["DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT"] = HeaderOperator.DownstreamLocalAddressWithoutPort,
        ["DOWNSTREAM_LOCAL_PORT"] = HeaderOperator.DownstreamLocalPort,
        ["DOWNSTREAM_REMOTE_ADDRESS"] = HeaderOperator.DownstreamRemoteAddress,
        ["DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT"] = HeaderOperator.DownstreamRemoteAddressWithoutPort,
        ["DOWNSTREAM_REMOTE_PORT"] = HeaderOperator.DownstreamRemotePort,
        ["REQUESTED_SERVER_NAME"] = HeaderOperator.RequestedServerName,
        ["ORIGINAL_DST"] = HeaderOperator.OriginalDestination,
        ["CONNECTION_ID"] = HeaderOperator.ConnectionId,
        ["START_TIME"] = HeaderOperator.StartTime,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly string _text;
    private readonly HeaderTemplateConstants _constants;
    private readonly StringBuilder _literal = new();
    private readonly ImmutableArray<HeaderTemplate.Part>.Builder _parts = ImmutableArray.CreateBuilder<HeaderTemplate.Part>();
    private readonly ImmutableArray<HeaderTemplateMistake>.Builder _mistakes = ImmutableArray.CreateBuilder<HeaderTemplateMistake>();

    public HeaderTemplateParser(string text, HeaderTemplateConstants constants)
    {
        _text = text;
        _constants = constants;
    }

    public static IReadOnlyCollection<string> OperatorNames { get; } =
        [.. Operators.Keys.Append(HostName).Append(Environment).Order(StringComparer.Ordinal)];

    public static string NameOf(HeaderOperator @operator) => Operators.First(known => known.Value == @operator).Key;

    public ImmutableArray<HeaderTemplateMistake> Mistakes => _mistakes.ToImmutable();

    public ImmutableArray<HeaderTemplate.Part> Parse()
    {
        for (var at = 0; at < _text.Length;)
        {
            var open = _text.IndexOf('%', at);
            Append(_text[at..(open < 0 ? _text.Length : open)], at);
            if (open < 0)
            {
                break;
            }

            var close = _text.IndexOf('%', open + 1);
            if (close < 0)
            {
                Mistake(HeaderTemplateMistakeKind.Unbalanced, open, "");
                break;
            }

            if (close == open + 1)
            {
                _literal.Append('%');
            }
            else
            {
                TakeOperator(_text[(open + 1)..close], open);
            }

            at = close + 1;
        }

        EndLiteral();
        return _parts.ToImmutable();
    }

    /// <param name="word">What stands between the percent signs.</param>
    /// <param name="at">Where the first of them stands.</param>
    private void TakeOperator(string word, int at)
    {
        var paren = word.IndexOf('(', StringComparison.Ordinal);
        var hasArgument = paren >= 0 && word.EndsWith(')');
        var name = hasArgument ? word[..paren] : word;
        var argument = hasArgument ? word[(paren + 1)..^1] : "";
        if (name == Environment)
        {
            TakeEnvironment(argument, at);
            return;
        }

        var isOperator = Operators.TryGetValue(name, out var @operator);
        if (!isOperator && name != HostName)
        {
            Mistake(HeaderTemplateMistakeKind.UnknownOperator, at, name);
        }
        else if (hasArgument)
        {
            Mistake(HeaderTemplateMistakeKind.UnexpectedArgument, at, name);
        }
        else if (isOperator)
        {
            EndLiteral();
            _parts.Add(new HeaderTemplate.Part(@operator, ""));
        }
        else
        {
            Append(_constants.HostName, at);
        }
    }

    private void TakeEnvironment(string variable, int at)
    {
        if (variable.Length == 0)
        {
            Mistake(HeaderTemplateMistakeKind.MissingArgument, at, Environment);
        }
        else if (_constants.Environment(variable) is { } value)
        {
            Append(value, at);
        }
        else
        {
            Mistake(HeaderTemplateMistakeKind.UnsetVariable, at, variable);
        }
    }

    private void Append(string text, int at)
    {
        if (HeaderFieldRules.HasInvalidCharacter(text))
        {
            Mistake(HeaderTemplateMistakeKind.InvalidCharacter, at, "");
        }

        _literal.Append(text);
    }

    private void EndLiteral()
    {
        if (_literal.Length > 0)
        {
            _parts.Add(new HeaderTemplate.Part(null, _literal.ToString()));
            _literal.Clear();
        }
    }

    private void Mistake(HeaderTemplateMistakeKind kind, int at, string name) => _mistakes.Add(new HeaderTemplateMistake(kind, at, name));
}
