namespace ActorTunnel.Mesh.Messages;

/// <summary>In place of a peer's message that this version cannot read. Never sent.</summary>
/// <param name="Manifest">Of the message, or the beginning of it.</param>
/// <param name="Reason">What is wrong with it.</param>
internal sealed record UnreadableMessage(string Manifest, string Reason)
{
    private const int LongestManifest = 40;

    /// <param name="manifest">Of any length: a peer sent it.</param>
    /// <param name="reason">What is wrong.</param>
    public static UnreadableMessage Of(string manifest, string reason) =>
        new(manifest.Length > LongestManifest ? manifest[..LongestManifest] : manifest, reason);
}
