using System.Net;
using System.Text.Json.Nodes;
using ActorTunnel.Host.Commands;
using Xunit;

namespace ActorTunnel.Host.Tests.Admin;

/// <summary>A <c>run</c> in this process with an admin server on a free port, and a client of that.</summary>
internal sealed class RunningNode : IAsyncDisposable
{
    private readonly LineHistoryWriter _output = new();
    private readonly StringWriter _error = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _client = new();
    private readonly Task<int> _run;

    private RunningNode(string file)
    {
        _run = CommandLine.RunAsync(["run", file, "--set", "admin.bind=127.0.0.1:0"], _output, _error, _stop.Token);
    }

    /// <summary>Where the admin server listens.</summary>
    public Uri Admin { get; private set; } = null!;

    public static async Task<RunningNode> StartAsync(string file)
    {
        var node = new RunningNode(file);
        Assert.NotNull(await node._output.Lines.FindAsync(line => line == "ready").WaitAsync(TimeSpan.FromSeconds(60)));
        node.Admin = new Uri(await node.TextAfterAsync("admin listens on "));
        return node;
    }

    /// <summary>Where a listener is bound.</summary>
    public async Task<IPEndPoint> AddressOfAsync(string listener) => IPEndPoint.Parse(await TextAfterAsync($"listener {listener} listens on "));

    public async Task<HttpResponseMessage> SendAsync(string path, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Admin, path));
        change?.Invoke(request);
        return await _client.SendAsync(request);
    }

    public async Task<string> TextAsync(string path)
    {
        using var response = await SendAsync(path);
        return await response.Content.ReadAsStringAsync();
    }

    public async Task<JsonNode> JsonAsync(string path) => JsonNode.Parse(await TextAsync(path))!;

    /// <summary>Asks again until the answer is as wanted: what is asked about goes on meanwhile.</summary>
    public async Task<JsonNode> JsonUntilAsync(string path, Func<JsonNode, bool> isWanted)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            var answer = await JsonAsync(path);
            if (isWanted(answer))
            {
                return answer;
            }

            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(20), $"{path} stayed {answer}");
            await Task.Delay(10);
        }
    }

    /// <summary>As SIGTERM would.</summary>
    public Task BeginStopAsync() => _stop.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Assert.Equal(0, await _run.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Equal("", _error.ToString());
        _client.Dispose();
        _stop.Dispose();
        await _error.DisposeAsync();
        await _output.DisposeAsync();
    }

    private async Task<string> TextAfterAsync(string prefix) =>
        (await _output.Lines.FindAsync(line => line.StartsWith(prefix, StringComparison.Ordinal)))![prefix.Length..];
}
