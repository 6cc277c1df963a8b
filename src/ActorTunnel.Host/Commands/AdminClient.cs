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

    /// <summary>No page.</summary>
    /// <param name="Problem">One line.</param>
    /// <param name="IsLate">Somebody is there, and says nothing.</param>
    public sealed record None(string Problem, bool IsLate = false) : AdminReply;
}

/// <summary>Reads pages of a node's admin server.</summary>
/// <param name="address">Where it listens.</param>
/// <param name="time">The clock.</param>
internal sealed class AdminClient(IPEndPoint address, TimeProvider time) : IDisposable
{
    // A node that works answers at once, or says within two seconds which of its parts does not.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Of an admin server, as an option has it.</summary>
    public static readonly ValueKind<IPEndPoint> Address = ValueKind.LoopbackBind with { Parse = ParseAddress };

    // Without the environment's HTTP proxy: this is loopback.
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };

    public Uri Root { get; } = new($"http://{address}/");

    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was.</exception>
    public async Task<AdminReply> GetAsync(string page, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        try
        {
            return await GetHeldAsync(page, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The kernel takes connections for a process that stands still.
            return new AdminReply.None(
                FormattableString.Invariant($"the admin server at {Root} does not answer: nothing came within {Patience.TotalSeconds} s"), IsLate: true);
        }
    }

    /// <summary>A page that comes when something is over, however long that takes.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was.</exception>
    public async Task<AdminReply> GetHeldAsync(string page, CancellationToken cancellation)
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
