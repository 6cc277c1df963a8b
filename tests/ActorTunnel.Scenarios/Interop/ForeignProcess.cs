using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ActorTunnel.Scenarios.Support;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios.Interop;

/// <summary>
/// A foreign program, or ours, as a child of a story, which ends it. What it wrote goes to the test's output, which is shown when the test fails.
/// </summary>
internal sealed class ForeignProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ITestOutputHelper _output;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly string _name;

    private ForeignProcess(ProcessStartInfo start, ITestOutputHelper output)
    {
        _output = output;
        _name = Path.GetFileName(start.FileName);
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, e) => Add(e.Data);
        _process.ErrorDataReceived += (_, e) => Add(e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static ForeignProcess Start(Foreign program, ITestOutputHelper output, params string[] arguments) =>
        Start(ForeignProgram.Of(program).Path!, output, arguments);

    /// <summary>Starts our own program.</summary>
    public static ForeignProcess StartOurs(ITestOutputHelper output, params string[] arguments) =>
        Start("dotnet", output, [Path.Combine(AppContext.BaseDirectory, "actortunnel.dll"), .. arguments]);

    /// <summary>One of the scripts beside the stories.</summary>
    public static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "Interop", "Programs", name);

    /// <summary>Waits for a line that starts so, and returns the rest of it.</summary>
    public async Task<string> PrintsAsync(string start)
    {
        await Eventually.TrueAsync(() => Find(start) is not null || _process.HasExited, () => Describe($"did not print '{start}'"));
        if (Find(start) is null)
        {
            await _process.WaitForExitAsync().InTime(); // Until the last line has been read.
        }

        var line = Find(start);
        Assert.True(line is not null, Describe($"ended and did not print '{start}'"));
        return line[start.Length..];
    }

    /// <summary>Waits until it has said which port it took.</summary>
    public async Task<IPEndPoint> ListensAsync() =>
        StorySettings.Loopback(int.Parse(await PrintsAsync("listening "), CultureInfo.InvariantCulture));

    /// <summary>Waits until it listens on a port that it was told to take.</summary>
    public async Task<IPEndPoint> ListensOnAsync(int port)
    {
        await Eventually.TrueAsync(() => OpenSockets.IsListening(port) || _process.HasExited, () => Describe($"does not listen on {port}"));
        Assert.False(_process.HasExited, Describe("ended"));
        return StorySettings.Loopback(port);
    }

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Waits for its own end.</summary>
    public async Task<int> EndsAsync()
    {
        await _process.WaitForExitAsync().InTime();
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync().InTime();
        foreach (var line in _lines)
        {
            _output.WriteLine($"{_name}: {line}");
        }

        _process.Dispose();
    }

    private static ForeignProcess Start(string file, ITestOutputHelper output, string[] arguments) => new(
        new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        },
        output);

    private string? Find(string start) => _lines.FirstOrDefault(line => line.StartsWith(start, StringComparison.Ordinal));

    private void Add(string? line)
    {
        if (line is not null)
        {
            _lines.Enqueue(line);
        }
    }

    private string Describe(string what) => $"{_name} {what}; it wrote:\n{string.Join('\n', _lines)}";
}
