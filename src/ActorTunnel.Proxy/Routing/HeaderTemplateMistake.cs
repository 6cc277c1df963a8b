namespace ActorTunnel.Proxy.Routing;

/// <summary>Why a text is no template.</summary>
public enum HeaderTemplateMistakeKind
{
    /// <summary>A percent sign without its second; one that is meant is written <c>%%</c>.</summary>
    Unbalanced,

    /// <summary>No operator of this name; a near one is among <see cref="HeaderTemplate.OperatorNames"/>.</summary>
    UnknownOperator,

    /// <summary><c>%ENVIRONMENT%</c> without the name of a variable in parentheses.</summary>
    MissingArgument,

    /// <summary>Parentheses behind an operator that takes none.</summary>
    UnexpectedArgument,

    /// <summary>The environment variable is not set.</summary>
    UnsetVariable,

    /// <summary>A character that no field value may have, written as such or in a value of the node.</summary>
    InvalidCharacter,
}

/// <summary>One mistake of a configured template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Position">Where it is, in characters from the start of the text.</param>
/// <param name="Name">The operator or variable as it was written; empty where it is about neither.</param>
public sealed record HeaderTemplateMistake(HeaderTemplateMistakeKind Kind, int Position, string Name)
{
    /// <summary>One short phrase for whoever wrote the configuration.</summary>
    public override string ToString() => Kind switch
    {
        HeaderTemplateMistakeKind.Unbalanced => "a '%' without its second ('%%' is a percent sign)",
        HeaderTemplateMistakeKind.UnknownOperator => $"unknown operator '%{Name}%'",
        HeaderTemplateMistakeKind.MissingArgument => $"'%{Name}%' needs the name of a variable: '%{Name}(NAME)%'",
        HeaderTemplateMistakeKind.UnexpectedArgument => $"'%{Name}%' takes nothing in parentheses",
        HeaderTemplateMistakeKind.UnsetVariable => $"the environment variable '{Name}' is not set",
        HeaderTemplateMistakeKind.InvalidCharacter => "a control character or one that is not ASCII",
        _ => throw new InvalidOperationException($"A mistake of kind {Kind}."),
    };
}

/// <summary>Why a template made nothing of a connection.</summary>
public abstract record HeaderTemplateFailure
{
    /// <summary>The connection has no such thing.</summary>
    public sealed record Missing(HeaderOperator Operator) : HeaderTemplateFailure
    {
        /// <inheritdoc />
        public override string ToString() => $"%{HeaderTemplateParser.NameOf(Operator)}% is not known of this connection";
    }

    /// <summary>What came out may not be sent.</summary>
    /// <param name="Problem">One short phrase that repeats nothing of it.</param>
    public sealed record Unfit(string Problem) : HeaderTemplateFailure
    {
        /// <inheritdoc />
        public override string ToString() => Problem;
    }
}
