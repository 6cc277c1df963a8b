using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration;

/// <summary>
/// <c>config/reference.conf</c>, which is part of this assembly: every key with its default, and the one truth about both.
/// </summary>
internal static class ReferenceConfiguration
{
    private const string Resource = "reference.conf";

    private static readonly Lazy<HoconObject> Tree = new(Read);

    /// <summary>The keys and defaults of <c>actortunnel</c>.</summary>
    internal static HoconObject Node => Section("actortunnel");

    /// <summary>The keys and defaults of the entries of listeners, routes and upstreams.</summary>
    internal static HoconObject Templates => Section("template");

    private static HoconObject Section(string name) => (HoconObject)Tree.Value.Find(name)!.Value;

    private static HoconObject Read()
    {
        using var stream = typeof(ReferenceConfiguration).Assembly.GetManifestResourceStream(Resource)!;
        using var text = new StreamReader(stream);
        var reader = new HoconReader();
        var mistake = reader.Add(HoconSource.FromText(Resource, text.ReadToEnd()));
        return mistake is null
            ? reader.Resolve(_ => null).Root
            : throw new InvalidOperationException(mistake.ToString());
    }
}
