using System.Text.Json;

namespace ActorTunnel.Benchmarks.Harness.Results;

/// <summary>Results as JSON, a line each, so that runs can be appended and put together.</summary>
internal static class ResultFile
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        AllowOutOfOrderMetadataProperties = true,
        RespectRequiredConstructorParameters = true,
    };

    public static string Write(BenchLine line) => JsonSerializer.Serialize(line, Json);

    public static void Append(string path, BenchLine line) => File.AppendAllText(path, Write(line) + "\n");

    /// <param name="lines">Blank ones do not count.</param>
    public static IReadOnlyList<BenchLine> Read(IEnumerable<string> lines)
    {
        var read = new List<BenchLine>();
        var number = 0;
        foreach (var line in lines)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            try
            {
                read.Add(JsonSerializer.Deserialize<BenchLine>(line, Json) ?? throw new JsonException());
            }
            catch (Exception e) when (e is JsonException or NotSupportedException)
            {
                throw new DriveFailure($"line {number} is no result of bench");
            }
        }

        return read;
    }
}
