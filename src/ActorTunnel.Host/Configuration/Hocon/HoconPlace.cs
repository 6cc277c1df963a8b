namespace ActorTunnel.Host.Configuration.Hocon;

/// <summary>Where something stands in the configuration.</summary>
/// <param name="Source">A file as it was named, or <c>--set #n</c>.</param>
/// <param name="Line">From 1; 0 where the source as a whole is meant.</param>
/// <param name="Column">From 1, in UTF-16 code units.</param>
public readonly record struct HoconPlace(string Source, int Line, int Column)
{
    /// <summary>The whole source, without a line.</summary>
    public static HoconPlace Whole(string source) => new(source, 0, 0);

    /// <summary><c>file:line:column</c>, or the source alone.</summary>
    public override string ToString() => Line == 0 ? Source : $"{Source}:{Line}:{Column}";
}
