namespace ActorTunnel.Host.Configuration;

/// <summary>A file as it was at one moment.</summary>
/// <param name="Path">Where it was read.</param>
/// <param name="Text">Null where it could not be read.</param>
/// <param name="Problem">Why not, as a phrase that follows the file's name; null otherwise.</param>
internal sealed record PemFile(string Path, string? Text, string? Problem)
{
    /// <summary>Nothing is thrown for a bad file.</summary>
    internal static PemFile Read(string path)
    {
        try
        {
            return new PemFile(path, File.ReadAllText(path), null);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            // The usual case gets plain words; the reader needs no more.
            return new PemFile(path, null, "does not exist");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // What the operating system says about the file is what the operator has to know.
            return new PemFile(path, null, $"cannot be read: {refused.Message}");
        }
    }
}
