namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>Makes names of one kind out of Envoy's, each once: see <see cref="ValueKind.Name"/>.</summary>
/// <param name="kind">For what has no name, and in front of a name that begins with no letter.</param>
internal sealed class NameBook(string kind)
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <param name="owner">Tells of a name that had to be changed because it was taken.</param>
    /// <param name="given">Null where there is none.</param>
    internal string Take(EnvoyMessage owner, Placed<string>? given)
    {
        var wanted = Make(given?.Value ?? "", kind);
        var name = wanted;
        for (var number = 2; !_taken.Add(name); number++)
        {
            name = $"{wanted}-{number}";
        }

        if (name != wanted && given is not null)
        {
            owner.Note(given, $"is called {name} here, because another {kind} is called {wanted} already");
        }

        return name;
    }

    internal static string Make(string given, string kind)
    {
        var name = string.Concat(given.ToLowerInvariant().Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) ? c : '-')).Trim('-');
        return name switch
        {
            "" => kind,
            _ when char.IsAsciiLetterLower(name[0]) => name,
            _ => $"{kind}-{name}",
        };
    }
}
