using System.Text;

namespace ActorTunnel.Host.Configuration.Hocon;

/// <summary>A text to be read, with the name that messages give it.</summary>
public sealed class HoconSource
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly bool _hasLines;
    private readonly IReadOnlyList<HoconPlace>? _origins;

    private HoconSource(
        string name, string text, string directory, string? fullPath, bool hasLines, IReadOnlyList<HoconPlace>? origins = null)
    {
        Name = name;
        Text = text;
        Directory = directory;
        FullPath = fullPath;
        _hasLines = hasLines;
        _origins = origins;
    }

    /// <summary>The file as it was named.</summary>
    public string Name { get; }

    internal string Text { get; }

    /// <summary>What its includes are relative to.</summary>
    internal string Directory { get; }

    /// <summary>Null for a text that is no file.</summary>
    internal string? FullPath { get; }

    /// <param name="name">What messages call it.</param>
    /// <param name="text">The configuration.</param>
    /// <param name="directory">What its includes are relative to.</param>
    public static HoconSource FromText(string name, string text, string directory = ".") =>
        new(name, text, directory, fullPath: null, hasLines: true);

    /// <summary>A text so short that a line and a column would tell nothing; its places are only <paramref name="name"/>.</summary>
    public static HoconSource FromOption(string name, string text, string directory) =>
        new(name, text, directory, fullPath: null, hasLines: false);

    /// <summary>A text made out of another one; its places are those in the other one.</summary>
    /// <param name="name">What messages call the other one.</param>
    /// <param name="text">Without includes.</param>
    /// <param name="origins">Where each line of <paramref name="text"/> comes from; at least one.</param>
    internal static HoconSource FromTranslation(string name, string text, IReadOnlyList<HoconPlace> origins) =>
        new(name, text, ".", fullPath: null, hasLines: true, origins);

    /// <summary>Reads a file of UTF-8.</summary>
    /// <param name="name">The path for messages.</param>
    /// <param name="path">The path itself.</param>
    /// <param name="problem">Why it could not be read, in words that follow the name; else null.</param>
    internal static HoconSource? FromFile(string name, string path, out string? problem)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                problem = System.IO.Directory.Exists(path) ? "is a directory, not a file" : "does not exist";
                return null;
            }

            if (file.Length > HoconLimits.SourceLength)
            {
                problem = $"is larger than {HoconLimits.SourceLength / 1024 / 1024} MiB";
                return null;
            }

            var text = StrictUtf8.GetString(File.ReadAllBytes(path));
            problem = null;
            return new HoconSource(name, text, Path.GetDirectoryName(file.FullName)!, file.FullName, hasLines: true);
        }
        catch (DecoderFallbackException)
        {
            problem = "is not valid UTF-8";
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // What the operating system says about the file is what the operator has to know.
            problem = $"cannot be read: {refused.Message}";
        }

        return null;
    }

    internal HoconPlace PlaceOf(int line, int column)
    {
        if (_origins is not null)
        {
            // The end of the text is on a line of its own.
            return _origins[Math.Min(line, _origins.Count) - 1];
        }

        return _hasLines ? new HoconPlace(Name, line, column) : HoconPlace.Whole(Name);
    }
}
