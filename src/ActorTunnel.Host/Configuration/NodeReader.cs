using System.Collections.Immutable;
using ActorTunnel.Host.Configuration.Hocon;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Host.Configuration;

/// <summary>Reads the whole <c>actortunnel</c> object.</summary>
/// <param name="templates">What the entries of listeners, routes and upstreams may hold: <c>template</c> of <c>reference.conf</c>.</param>
/// <param name="tls">Loads certificates.</param>
/// <param name="constants">What operators take from the node.</param>
internal sealed class NodeReader(HoconObject templates, TlsReader tls, HeaderTemplateConstants constants)
{
    private static readonly ValueKind<int> Dials = ValueKind.Integer(1, 1_000_000);

    private static readonly ValueKind<int> EventLoops = ValueKind.IntegerOrAuto(0, 1_024, automatic: Environment.ProcessorCount);

    private static readonly ValueKind<TimeSpan> Polling = ValueKind.Duration(TimeSpan.FromMicroseconds(1), TimeSpan.FromMilliseconds(10), zero: true);

    private static readonly ValueKind<TimeSpan> Timeout = ValueKind.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(24), zero: true);

    private static readonly ValueKind<TimeSpan> Delay = ValueKind.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10), zero: true);

    /// <summary>Settings to be used only if the log has stayed empty.</summary>
    internal (NodeSettings Node, MeshConfiguration? Mesh, TimeSpan DrainDelay) Read(SectionReader section)
    {
        var (name, eventLoops, polling) = section.Section(
            "node", node => (node.Get("name", ValueKind.Name), node.Get("event-loops", EventLoops), node.Get("event-loop-polling", Polling)));
        var meshReader = new MeshReader(tls);
        var mesh = meshReader.Read(name, section);
        var catalog = new UpstreamCatalog();
        var upstreamSections = new List<SectionReader>();
        var upstreams = ImmutableArray.CreateBuilder<UpstreamSettings>();
        section.Entries("upstreams", Template("upstream"), (entry, upstream) =>
        {
            upstreams.Add(UpstreamReader.Read(entry, upstream, tls, mesh));
            upstreamSections.Add(upstream);
            catalog.Add(entry, upstream.IsWrong("protocol") ? null : upstreams[^1].Protocol);
        });

        var listeners = ReadListeners(
            section, Template("listener"), new ListenerReader(catalog, tls, new ConnectTemplateReader(constants), Template("route")), mayBeNone: mesh is not null);
        foreach (var (upstream, reader) in upstreams.Zip(upstreamSections))
        {
            if (!catalog.IsUsed(upstream.Name))
            {
                reader.Warn("no listener names this upstream");
            }
        }

        var (timeout, delay) = section.Section("drain", drain => (drain.Get("timeout", Timeout), DelayOf(drain, isMember: mesh is not null)));
        var node = new NodeSettings
        {
            Name = name,
            EventLoops = eventLoops,
            EventLoopPolling = polling,
            Listeners = listeners,
            Upstreams = upstreams.ToImmutable(),
            Limits = section.Section("limits", ReadLimits),
            DrainTimeout = timeout,
        };
        return (node, meshReader.Complete(mesh, listeners), delay);
    }

    private static ImmutableArray<ListenerSettings> ReadListeners(
        SectionReader section, HoconObject template, ListenerReader reader, bool mayBeNone)
    {
        var listeners = ImmutableArray.CreateBuilder<ListenerSettings>();
        var count = 0;
        section.Entries("listeners", template, (name, entry) =>
        {
            count++;
            if (reader.Read(name, entry) is not { } listener)
            {
                return;
            }

            // Port 0 is a free one, another for each.
            if (listener.Bind.Port != 0 && listeners.FirstOrDefault(other => other.Bind.Equals(listener.Bind)) is { } first)
            {
                entry.Mistake("bind", $"listener '{first.Name}' is bound there already", "another address or port");
            }

            listeners.Add(listener);
        });

        if (count == 0 && !mayBeNone && !section.IsWrong("listeners"))
        {
            section.Missing("listeners", "at least one listener");
        }

        return listeners.ToImmutable();
    }

    private static TimeSpan DelayOf(SectionReader drain, bool isMember)
    {
        if (isMember)
        {
            return drain.Get("delay", Delay);
        }

        drain.Refuse("needs mesh.bind, without which nobody is told of a drain", "delay");
        return TimeSpan.Zero;
    }

    private static Limits ReadLimits(SectionReader section) => new()
    {
        DialsPerSession = section.Get("dials-per-session", Dials),
        DialsPerProcess = section.Get("dials-per-process", Dials),
        DialWait = section.Get("dial-wait", ValueKind.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1), zero: true)),
        DnsTimeout = section.Get("dns-timeout", ValueKind.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10))),
        Buffers = section.Get("buffers", ValueKind.SizeOrAuto(16 * 1024 * 1024, automatic: new Limits().Buffers)),
    };

    private HoconObject Template(string name) => (HoconObject)templates.Find(name)!.Value;
}
