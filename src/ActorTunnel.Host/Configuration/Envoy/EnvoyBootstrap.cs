using System.Collections.Immutable;
using ActorTunnel.Host.Configuration.Envoy.Yaml;
using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>
/// Reads <c>envoy.config.bootstrap.v3.Bootstrap</c> as YAML and says the same in HOCON: listeners that make tunnels (tcp_proxy with
/// tunneling_config) or end them (http_connection_manager with connect_matcher), and the static clusters behind them. What the file does
/// not set takes this program's own defaults, not Envoy's.
/// </summary>
internal static class EnvoyBootstrap
{
    private const string Type = "envoy.config.bootstrap.v3.Bootstrap";

    /// <summary>Whether a file is taken for one, by its name.</summary>
    internal static bool IsNameOf(string file) =>
        file.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) || file.EndsWith(".yml", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a file.</summary>
    /// <param name="name">As messages show it.</param>
    /// <param name="path">Where it lies.</param>
    /// <param name="lenient">What is not carried is left out; else it is a mistake.</param>
    internal static EnvoyImport Read(string name, string path, bool lenient)
    {
        var source = HoconSource.FromFile(name, path, out var problem);
        return source is null
            ? new EnvoyImport.Rejected([new ConfigurationMistake(HoconPlace.Whole(name), null, null, problem!, null)])
            : Read(source, lenient);
    }

    /// <inheritdoc cref="Read(string, string, bool)"/>
    internal static EnvoyImport Read(HoconSource source, bool lenient)
    {
        var root = YamlTreeReader.Read(source, out var mistake);
        if (root is null)
        {
            return new EnvoyImport.Rejected([mistake!]);
        }

        var log = new ImportLog();
        HoconDraft? draft = null;
        if (root is YamlMapping mapping)
        {
            draft = EnvoyMessage.Read(mapping, "", log, ReadBootstrap);
        }
        else
        {
            log.Mistake(root.Place, Type, null, $"is {root.Kind}", "a mapping");
        }

        IReadOnlyList<ConfigurationMistake> mistakes = lenient ? log.Mistakes : log.MistakesAndNotCarried;
        if (draft is null || mistakes.Count > 0)
        {
            return new EnvoyImport.Rejected([.. mistakes]);
        }

        return Write(source.Name, draft, log);
    }

    private static HoconDraft ReadBootstrap(EnvoyMessage bootstrap)
    {
        bootstrap.Only("@type", $"type.googleapis.com/{Type}");
        var node = new HoconDraft(bootstrap.Place);
        bootstrap.Message("node", identity =>
        {
            identity.NoEffect("cluster");
            node.Set("node.name", identity.Text("id"), id => NameBook.Make(id, "node"));
        });
        bootstrap.Message("admin", admin =>
        {
            admin.Only("access_log_path", "/dev/null");
            node.Set("admin.bind", AddressImport.ReadBind(admin));
        });

        var clusters = new ClusterImport();
        var listeners = new HoconDraft(bootstrap.Place);
        HoconDraft? upstreams = null;
        bootstrap.Message("static_resources", resources =>
        {
            var import = new ListenerImport(clusters);
            resources.Each("clusters", clusters.Read);
            resources.Each("listeners", listener => import.Read(listener, listeners));
            upstreams = clusters.Write(resources.Place);
        });

        if (listeners.Fields.Count == 0)
        {
            bootstrap.Mistake("has no listener that can be carried", "at least one in static_resources.listeners");
        }

        node.Set("listeners", listeners);
        node.Set("upstreams", upstreams);
        return node;
    }

    private static EnvoyImport.Imported Write(string name, HoconDraft draft, ImportLog log)
    {
        var file = HoconPlace.Whole(name);
        var writer = new DraftWriter();
        writer.Comment($"What actortunnel import-envoy made of {name}.", file);
        foreach (var left in log.NotCarried)
        {
            writer.Comment($"not carried: {left}", left.Place);
        }

        writer.EmptyLine(file);
        var root = new HoconDraft(file);
        root.Set("actortunnel", draft);
        writer.Fields(root, 0);
        return new EnvoyImport.Imported(writer.Text, writer.Places, [.. log.Warnings]);
    }
}

/// <summary>What became of a bootstrap.</summary>
internal abstract record EnvoyImport
{
    private EnvoyImport()
    {
    }

    /// <param name="Hocon">A whole configuration.</param>
    /// <param name="Places">Where in the bootstrap each line of <paramref name="Hocon"/> comes from.</param>
    /// <param name="Warnings">What was left out, and what is otherwise than one may expect, in the order of the file.</param>
    internal sealed record Imported(string Hocon, ImmutableArray<HoconPlace> Places, ImmutableArray<ConfigurationMistake> Warnings) : EnvoyImport;

    /// <param name="Mistakes">A syntax error alone, or else all that is wrong or not carried, in the order of the file.</param>
    internal sealed record Rejected(ImmutableArray<ConfigurationMistake> Mistakes) : EnvoyImport;
}
