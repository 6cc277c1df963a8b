using System.Text.Json;

namespace ActorTunnel.Scenarios.Support;

/// <summary>What a node's <c>/nodes</c> says.</summary>
internal static class MeshPage
{
    private static readonly JsonSerializerOptions Names = new() { PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower };

    /// <param name="Name">Of the node.</param>
    /// <param name="State">In Akka.Cluster's words, or <c>lost</c>.</param>
    /// <param name="IsReachable">Whether it is heard.</param>
    internal sealed record Member(string Name, string State, bool IsReachable);

    private sealed record Page(Member[] Nodes);

    public static IReadOnlyList<Member> Parse(string json) => JsonSerializer.Deserialize<Page>(json, Names)!.Nodes;
}
