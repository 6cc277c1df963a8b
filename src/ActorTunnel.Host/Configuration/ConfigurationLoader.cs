using System.Collections.Immutable;
using System.Net;
using ActorTunnel.Host.Admin;
using ActorTunnel.Host.Configuration.Envoy;
using ActorTunnel.Host.Configuration.Hocon;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Host.Configuration;

/// <summary>Turns files and options into settings.</summary>
/// <param name="environment">Asked for substitutions that the configuration does not define, and by <c>%ENVIRONMENT(X)%</c>; null means undefined.</param>
/// <param name="workingDirectory">What the paths of configuration files, and of certificates in them, are relative to.</param>
/// <param name="time">To warn of certificates that are out of date.</param>
public sealed class ConfigurationLoader(Func<string, string?> environment, string workingDirectory, TimeProvider time)
{
    private const string NodeKey = "actortunnel";
    private const string AkkaKey = "akka";

    private static readonly ValueKind<TimeSpan> ReloadInterval = ValueKind.Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1), zero: true);

    /// <summary>What <c>%HOSTNAME%</c> stands for.</summary>
    public string HostName { get; init; } = Dns.GetHostName();

    /// <summary>Reads, merges and validates everything, and loads the certificates.</summary>
    /// <param name="files">Later ones win, objects merge. One that ends with <c>.yaml</c> or <c>.yml</c> is an Envoy bootstrap.</param>
    /// <param name="overrides">The values of <c>--set</c>, <c>key=value</c>; they win over all files. See <see cref="SetOption"/>.</param>
    /// <param name="lenient">What an Envoy bootstrap has and this program does not carry is a warning, not a mistake.</param>
    public ConfigurationOutcome Load(IReadOnlyList<string> files, IReadOnlyList<string> overrides, bool lenient = false)
    {
        var reader = new HoconReader();
        var log = new MistakeLog();
        foreach (var file in files)
        {
            if (Add(reader, file, lenient, log) is { IsEmpty: false } mistakes)
            {
                return new ConfigurationOutcome.Rejected(mistakes);
            }
        }

        foreach (var (index, option) in overrides.Index())
        {
            if (SetOption.AddTo(reader, index + 1, option, workingDirectory) is { } mistake)
            {
                return new ConfigurationOutcome.Rejected([mistake]);
            }
        }

        return Validate(reader.Resolve(environment), log);
    }

    /// <returns>Nothing, or what keeps the file from being read any further.</returns>
    private ImmutableArray<ConfigurationMistake> Add(HoconReader reader, string file, bool lenient, MistakeLog log)
    {
        var path = Path.Combine(workingDirectory, file);
        if (!EnvoyBootstrap.IsNameOf(file))
        {
            return reader.AddFile(file, path) is { } mistake ? [mistake] : [];
        }

        switch (EnvoyBootstrap.Read(file, path, lenient))
        {
            case EnvoyImport.Imported imported:
                foreach (var warning in imported.Warnings)
                {
                    log.Warn(warning);
                }

                var source = HoconSource.FromTranslation(file, imported.Hocon, imported.Places);
                return reader.Add(source) is { } broken ? throw new InvalidOperationException($"The import is no HOCON: {broken}") : [];
            case EnvoyImport.Rejected rejected:
                return rejected.Mistakes;
            case var outcome:
                throw new ArgumentOutOfRangeException(nameof(file), outcome, null);
        }
    }

    private ConfigurationOutcome Validate(HoconDocument document, MistakeLog log)
    {
        log.AddRange(document.Mistakes);
        CheckRoot(document, log);

        var tls = new TlsReader(workingDirectory, time.GetUtcNow());
        var given = document.Root.Find(NodeKey);
        var place = given?.Place ?? HoconPlace.Whole(document.Sources.FirstOrDefault("the configuration"));
        var (node, mesh, drainDelay, admin, reloadInterval) = SectionReader.Read(
            given?.Value as HoconObject,
            place,
            ReferenceConfiguration.Node,
            NodeKey,
            log,
            section => ReadAll(section, tls),
            out var effective);

        var akka = RenderAkka(document);
        return log.IsEmpty
            ? new ConfigurationOutcome.Loaded(
                node,
                new HoconObject([new HoconField(NodeKey, place, effective)], place),
                akka,
                log.Warnings(document.Sources))
            {
                Admin = admin,
                DrainDelay = drainDelay,
                Mesh = mesh is null ? null : mesh with { Settings = mesh.Settings with { AkkaHocon = akka } },
                Certificates = new CertificateSettings(reloadInterval, [.. tls.Sections]),
            }
            : new ConfigurationOutcome.Rejected(log.Mistakes(document.Sources));
    }

    private (NodeSettings Node, MeshConfiguration? Mesh, TimeSpan DrainDelay, AdminSettings? Admin, TimeSpan ReloadInterval) ReadAll(
        SectionReader section, TlsReader tls)
    {
        var constants = new HeaderTemplateConstants(HostName, environment);
        var (node, mesh, drainDelay) = new NodeReader(ReferenceConfiguration.Templates, tls, constants).Read(section);
        var reloadInterval = section.Section("certificates", certificates => certificates.Get("reload-interval", ReloadInterval));
        return (node, mesh, drainDelay, AdminReader.Read(section, node.Listeners, mesh), reloadInterval);
    }

    /// <summary>Other keys at the root are values to refer to; one that nothing refers to is a typing error.</summary>
    private static void CheckRoot(HoconDocument document, MistakeLog log)
    {
        foreach (var field in document.Root.Fields)
        {
            if (field.Name is NodeKey or AkkaKey)
            {
                if (field.Value is not (HoconObject or HoconBroken))
                {
                    log.Add(new ConfigurationMistake(field.Value.Place, field.Name, null, $"is {field.Value.Kind}", "an object"));
                }
            }
            else if (!document.ReferencedRoots.Contains(field.Name))
            {
                var problem = $"unknown key{Suggestion.DidYouMean(field.Name, [NodeKey, AkkaKey])}";
                log.Add(new ConfigurationMistake(
                    field.Place, HoconText.Key(field.Name), null, problem, $"{NodeKey}, {AkkaKey}, and keys that a substitution refers to"));
            }
        }
    }

    private static string RenderAkka(HoconDocument document) => document.Root.Find(AkkaKey) is { } akka
        ? HoconRenderer.Render(new HoconObject([akka], akka.Place))
        : "";
}
