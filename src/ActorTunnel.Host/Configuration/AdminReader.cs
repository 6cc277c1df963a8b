using System.Collections.Immutable;
using ActorTunnel.Host.Admin;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Host.Configuration;

/// <summary>Reads <c>admin</c>.</summary>
internal static class AdminReader
{
    /// <summary>Null where the admin server is off.</summary>
    /// <param name="section">The whole node.</param>
    /// <param name="listeners">What else will be bound.</param>
    /// <param name="mesh">The same.</param>
    internal static AdminSettings? Read(
        SectionReader section, ImmutableArray<ListenerSettings> listeners, MeshConfiguration? mesh) => section.Section("admin", admin =>
    {
        if (admin.Optional("bind", ValueKind.LoopbackBind) is not { } bind)
        {
            return null;
        }

        // Port 0 is a free one, another for each.
        if (bind.Port != 0 && listeners.FirstOrDefault(listener => listener.Bind.Equals(bind)) is { } taken)
        {
            admin.Mistake("bind", $"listener '{taken.Name}' is bound there already", "another address or port");
        }

        if (bind.Port != 0 && bind.Equals(mesh?.Settings.Bind))
        {
            admin.Mistake("bind", "mesh.bind is the same", "another address or port");
        }

        return new AdminSettings(bind);
    });
}
