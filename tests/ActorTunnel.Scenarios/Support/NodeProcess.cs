using System.ComponentModel;
using System.Net;
using System.Runtime.InteropServices;
using ActorTunnel.Scenarios.Interop;
using ActorTunnel.TestSupport.Telemetry;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios.Support;

/// <summary>
/// A node of a story as a process of its own, which the story may kill, or let stand still for a while. One that was not killed is asked to stop at the end, and that has to be in order.
/// </summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private const int Sigterm = 15;
    private const int Sigcont = 18;
    private const int Sigstop = 19;
    private const string MeshPrefix = "mesh listens on ";

    private static readonly HttpClient Client = new() { Timeout = Eventually.Patience };

    private readonly ForeignProcess _process;
    private readonly Dictionary<string, IPEndPoint> _listeners = [];
    private bool _isOver;
    private Uri _admin = null!;

    private NodeProcess(ForeignProcess process)
    {
        _process = process;
    }

    /// <summary>Starts a node; it is ready when this returns.</summary>
    /// <param name="pem">In whose folder its configuration is written.</param>
    /// <param name="configuration">HOCON with an admin server; every listener on 127.0.0.1.</param>
    /// <param name="output">Gets what it wrote.</param>
    public static async Task<NodeProcess> StartAsync(PemFiles pem, string configuration, ITestOutputHelper output)
    {
        var file = Path.Combine(pem.Folder, $"{Guid.NewGuid():N}.conf");
        await File.WriteAllTextAsync(file, configuration);
        var program = Path.Combine(AppContext.BaseDirectory, "actortunnel.dll");
        var node = new NodeProcess(ForeignProcess.Start("dotnet", output, program, "run", file));
        try
        {
            await node.ReadyAsync();
        }
        catch
        {
            await node._process.DisposeAsync(); // Nobody else knows of it yet.
            throw;
        }

        return node;
    }

    public IPEndPoint AddressOf(string listener) => _listeners[listener];

    /// <summary>Where members of the mesh dial it.</summary>
    public string MeshAddress => LinesWith(MeshPrefix).Single(line => line.StartsWith(MeshPrefix, StringComparison.Ordinal))[MeshPrefix.Length..];

    /// <summary>What it wrote that has a certain text in it.</summary>
    public IEnumerable<string> LinesWith(string text) => _process.Lines.Where(line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>Waits for a line with a text in it.</summary>
    public Task LoggedAsync(string text) =>
        Eventually.TrueAsync(() => LinesWith(text).Any(), () => $"no line has '{text}':\n{string.Join('\n', _process.Lines)}");

    /// <summary>SIGKILL: it is gone, and the kernel ends its connections.</summary>
    public void Kill()
    {
        _isOver = true;
        _process.Kill();
    }

    /// <summary>SIGTERM: it ends in order, in its own time.</summary>
    public void Terminate() => Send(Sigterm);

    /// <summary>Waits for the end that it was asked for, which has to be in order.</summary>
    public async Task EndsAsync()
    {
        Assert.Equal(0, await _process.EndsAsync());
        _isOver = true;
    }

    /// <summary>
    /// SIGSTOP: it stands still when this returns, and the kernel goes on to take connections and bytes for it. On a busy machine its threads run on for a while after the signal.
    /// </summary>
    public async Task FreezeAsync()
    {
        Send(Sigstop);
        await Eventually.TrueAsync(() => Threads().All(IsStopped), () => "the process does not stop");
    }

    /// <summary>SIGCONT: it goes on.</summary>
    public void Thaw() => Send(Sigcont);

    /// <summary>Waits until a series of its metrics has a sum.</summary>
    public async Task CountsAsync(string series, long expected)
    {
        var sum = 0d;
        await Eventually.TrueAsync(async () => (sum = await SumAsync(series)) == expected, () => $"{series} is {sum}, not {expected}");
    }

    /// <summary>The sum of a series of its metrics.</summary>
    public async Task<double> SumAsync(string series) => MetricsText.Sum(await Client.GetStringAsync(new Uri(_admin, "/metrics")), series);

    /// <summary>Waits until it sees so many members that are up and heard, and no others but itself.</summary>
    public async Task SeesAsync(int members)
    {
        var page = "";
        await Eventually.TrueAsync(
            async () =>
            {
                page = await Client.GetStringAsync(new Uri(_admin, "/nodes"));
                return MeshPage.Parse(page).Count(member => member is { State: "up", IsReachable: true }) == members;
            },
            () => $"it does not see {members} members, but {page}");
    }

    /// <summary>How it sees the node with a name.</summary>
    public async Task<MeshPage.Member> MemberAsync(string name) =>
        MeshPage.Parse(await Client.GetStringAsync(new Uri(_admin, "/nodes"))).Single(member => member.Name == name);

    /// <summary>Waits until all tunnels are over and nothing of them is left, while sessions may be open.</summary>
    public async Task SettledAsync()
    {
        await CountsAsync("actortunnel_tunnels_open", 0);
        await CountsAsync("actortunnel_dials_open", 0);
        await CountsAsync("actortunnel_buffers_outstanding_bytes", 0);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_isOver)
            {
                Thaw();
                Terminate();
                await EndsAsync();
            }
        }
        finally
        {
            await _process.DisposeAsync();
        }
    }

    private async Task ReadyAsync()
    {
        await _process.PrintsAsync("ready");
        _admin = new Uri(await _process.PrintsAsync("admin listens on "));
        foreach (var words in LinesWith(" listens on ").Select(line => line.Split(' ')).Where(words => words[0] == "listener"))
        {
            _listeners.Add(words[1], IPEndPoint.Parse(words[^1]));
        }
    }

    private string[] Threads() => Directory.GetDirectories($"/proc/{_process.Id}/task");

    /// <summary>The state is the first letter behind the name, which is in parentheses.</summary>
    private static bool IsStopped(string thread)
    {
        var stat = File.ReadAllText(Path.Combine(thread, "stat"));
        return stat[stat.LastIndexOf(')') + 2] == 'T';
    }

    private void Send(int signal)
    {
        if (Kill(_process.Id, signal) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
