namespace ActorTunnel.Host.Tests;

/// <summary>A folder that is gone after the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("actortunnel-").FullName;

    /// <summary>The full path of a file that need not exist.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file, with its folders; returns its full path. Who reads it meanwhile sees the old text or the new one, and never a part.</summary>
    public string Write(string name, string text)
    {
        var path = File(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path + ".new", text);
        System.IO.File.Move(path + ".new", path, overwrite: true);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
