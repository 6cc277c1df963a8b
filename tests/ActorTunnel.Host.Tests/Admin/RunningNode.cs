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

    private RunningNode(string file, string[] options)
    {
        _run = CommandLine.RunAsync(
            ["run", file, "--set", "admin.bind=127.0.0.1:0", .. options.SelectMany(option => new[] { "--set", option })], _output, _error, _stop.Token);
    }

    /// <summary>Where the admin server listens.</summary>
    public Uri Admin { get; private set; } = null!;

    /// <param name="file">Its configuration.</param>
    /// <param name="options">Values of <c>--set</c>.</param>
    public static async Task<RunningNode> StartAsync(string file, params string[] options)
    {
        var node = new RunningNode(file, options);
        Assert.NotNull(await node._output.Lines.FindAsync(line => line == "ready").WaitAsync(TimeSpan.FromSeconds(60)));
        node.Admin = new Uri(await node.TextAfterAsync("admin listens on "));
        return node;
    }

    /// <summary>Where a listener is bound.</summary>
    public async Task<IPEndPoint> AddressOfAsync(string listener) => IPEndPoint.Parse(await TextAfterAsync($"listener {listener} listens on "));

    /// <summary>Where other members of its mesh find it.</summary>
    public Task<string> MeshAddressAsync() => TextAfterAsync("mesh listens on ");

    /// <summary>Its standard output so far, without the lines of tunnels and sessions.</summary>
    public IEnumerable<string> OutputLines =>
        _output.Lines.Last(1_000).Where(line => !line.StartsWith("access ", StringComparison.Ordinal) && !line.StartsWith("session ", StringComparison.Ordinal));

    /// <summary>Stops it, which must go in order.</summary>
    /// <returns>Its standard error.</returns>
    public async Task<string[]> StopAsync()
    {
        await _stop.CancelAsync();
        Assert.Equal(0, await _run.WaitAsync(TimeSpan.FromSeconds(60)));
        return _error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

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
        Assert.All(await StopAsync(), line => Assert.StartsWith("draining: ", line, StringComparison.Ordinal));
        _client.Dispose();
        _stop.Dispose();
        await _error.DisposeAsync();
        await _output.DisposeAsync();
    }

    private async Task<string> TextAfterAsync(string prefix) =>
        (await _output.Lines.FindAsync(line => line.StartsWith(prefix, StringComparison.Ordinal)))![prefix.Length..];
}
