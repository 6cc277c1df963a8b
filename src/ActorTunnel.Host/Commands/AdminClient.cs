using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorTunnel.Host.Configuration;

namespace ActorTunnel.Host.Commands;

/// <summary>What an admin server said.</summary>
internal abstract record AdminReply
{
    private AdminReply()
    {
    }

    /// <summary>The page.</summary>
    public sealed record Page(string Text) : AdminReply
    {
        /// <summary>Null where the page is no JSON object.</summary>
        public JsonObject? Json
        {
            get
            {
                try
                {
                    return JsonNode.Parse(Text) as JsonObject;
                }
                catch (JsonException)
                {
                    // Something else answers there.
                    return null;
                }
            }
        }
    }

    /// <summary>No page; <paramref name="Problem"/> is one line.</summary>
    public sealed record None(string Problem) : AdminReply;
}

/// <summary>Reads pages of a node's admin server.</summary>
/// <param name="address">Where it listens.</param>
internal sealed class AdminClient(IPEndPoint address) : IDisposable
{
    /// <summary>Of an admin server, as an option has it.</summary>
    public static readonly ValueKind<IPEndPoint> Address = ValueKind.LoopbackBind with { Parse = ParseAddress };

    // Without the environment's HTTP proxy: this is loopback.
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };

    public Uri Root { get; } = new($"http://{address}/");

    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was.</exception>
    public async Task<AdminReply> GetAsync(string page, CancellationToken cancellation)
    {
        try
        {
            using var response = await _client.GetAsync(new Uri(Root, page), cancellation);
            var text = await response.Content.ReadAsStringAsync(cancellation);
            return response.IsSuccessStatusCode ? new AdminReply.Page(text) : new AdminReply.None(FirstLineOf(text, response.StatusCode));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            // Nobody there, or gone in the middle of the answer.
            return new AdminReply.None($"no admin server answers at {Root}: {exception.GetBaseException().Message}");
        }
    }

    public void Dispose() => _client.Dispose();

    private static string FirstLineOf(string text, HttpStatusCode status) =>
        text.Split('\n', 2)[0] is { Length: > 0 } line ? line : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"status {(int)status}");

    private static string? ParseAddress(string text, out IPEndPoint value) =>
        ValueKind.LoopbackBind.Parse(text, out value) ?? (value.Port == 0 ? "has port 0, which is another one at each start" : null);
}
