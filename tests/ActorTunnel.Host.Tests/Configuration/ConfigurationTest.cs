using ActorTunnel.Host.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace ActorTunnel.Host.Tests.Configuration;

/// <summary>A working directory with certificates, and a loader that reads configurations in it.</summary>
public abstract class ConfigurationTest : IDisposable
{
    protected ConfigurationTest()
    {
        TestCertificates.Write(Folder);
        Time.SetUtcNow(TestCertificates.ValidFrom.AddDays(1));
    }

    protected TemporaryFolder Folder { get; } = new();

    protected Dictionary<string, string> Environment { get; } = [];

    protected FakeTimeProvider Time { get; } = new();

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    protected ConfigurationOutcome Run(string[] files, params string[] overrides) =>
        new ConfigurationLoader(Environment.GetValueOrDefault, Folder.Path, Time).Load(files, overrides);

    /// <summary>Loads a text that must be valid.</summary>
    protected ConfigurationOutcome.Loaded Load(string text, params string[] overrides)
    {
        Folder.Write("a.conf", text);
        return Loaded(Run(["a.conf"], overrides));
    }

    /// <summary>The mistakes of a text that must have some, as lines.</summary>
    protected string[] Mistakes(string text, params string[] overrides)
    {
        Folder.Write("a.conf", text);
        var rejected = Run(["a.conf"], overrides) as ConfigurationOutcome.Rejected;
        return [.. (rejected?.Mistakes ?? []).Select(mistake => mistake.ToString())];
    }

    internal static ConfigurationOutcome.Loaded Loaded(ConfigurationOutcome outcome) => outcome switch
    {
        ConfigurationOutcome.Loaded loaded => loaded,
        ConfigurationOutcome.Rejected rejected => throw new InvalidOperationException(string.Join('\n', rejected.Mistakes)),
        _ => throw new InvalidOperationException(),
    };

    /// <summary>The folder of the solution.</summary>
    internal static string Root
    {
        get
        {
            var folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "ActorTunnel.sln")))
            {
                folder = Path.GetDirectoryName(folder)!;
            }

            return folder;
        }
    }
}
