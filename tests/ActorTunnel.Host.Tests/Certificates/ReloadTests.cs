using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ActorTunnel.Host.Commands;
using Xunit;
using static ActorTunnel.Host.Tests.Certificates.CertificateStore;

namespace ActorTunnel.Host.Tests.Certificates;

/// <summary>The files of a node that runs are changed; what its listener shows is looked at from outside.</summary>
[Collection(AloneCollection.Name)]
public sealed class ReloadTests : IDisposable
{
    private const string Node = """
        actortunnel {
          listeners.connect-in {
            bind = "127.0.0.1:0"
            connect { routes = [ { authority = "*", upstream = origin } ] }
            tls { cert = "FOLDER/cert.pem", key = "FOLDER/key.pem" }
          }
          upstreams.origin { endpoints = ["127.0.0.1:8443"] }
          certificates.reload-interval = INTERVAL
          admin.bind = "127.0.0.1:0"
          drain.timeout = 0
        }
        """;

    private const string Listens = "listener connect-in listens on ";
    private const string AdminListens = "admin listens on ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder _folder = new();
    private readonly LineHistoryWriter _output = new();

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
    }

    [Fact]
    public async Task A_broken_certificate_leaves_the_old_one_in_use_and_a_good_one_replaces_it()
    {
        await RunAsync("100ms", async (listener, metrics) =>
        {
            Assert.Equal(Old.Subject, await ShownAsync(listener));

            _folder.Write("cert.pem", New.Certificate);
            await CountedAsync(metrics, "actortunnel_certificates_refused");
            Assert.Equal(Old.Subject, await ShownAsync(listener));

            _folder.Write("key.pem", New.Key);
            await CountedAsync(metrics, "actortunnel_certificates_replaced");
            await EventuallyShownAsync(listener, New.Subject);
        });
    }

    [UnixFact]
    public async Task SIGHUP_asks_for_a_look_where_there_is_no_interval()
    {
        await RunAsync("0", async (listener, _) =>
        {
            _folder.Write(New);
            Assert.Equal(Old.Subject, await ShownAsync(listener));

            Assert.Equal(0, Kill(Environment.ProcessId, Hangup));

            await EventuallyShownAsync(listener, New.Subject);
        });
    }

    private async Task RunAsync(string interval, Func<IPEndPoint, Uri, Task> story)
    {
        _folder.Write(Old);
        var file = _folder.Write("a.conf", Node
            .Replace("FOLDER", _folder.Path, StringComparison.Ordinal)
            .Replace("INTERVAL", interval, StringComparison.Ordinal));
        using var stop = new CancellationTokenSource();
        using var error = new StringWriter();
        var run = CommandLine.RunAsync(["run", file], _output, error, stop.Token);
        var listener = IPEndPoint.Parse(await LineAsync(Listens));
        var admin = new Uri(await LineAsync(AdminListens));
        Assert.NotNull(await _output.Lines.FindAsync(line => line == "ready"));

        await story(listener, new Uri(admin, "/metrics"));

        await stop.CancelAsync();
        Assert.Equal(0, await run);
    }

    private async Task<string> LineAsync(string start) =>
        (await _output.Lines.FindAsync(line => line.StartsWith(start, StringComparison.Ordinal)))![start.Length..];

    private static async Task<string?> ShownAsync(IPEndPoint listener)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(listener).WaitAsync(Patience);
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            // Only what is shown matters here.
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
        }).WaitAsync(Patience);
        return tls.RemoteCertificate?.Subject;
    }

    private static async Task EventuallyShownAsync(IPEndPoint listener, string subject) =>
        await EventuallyAsync(async () => await ShownAsync(listener) == subject, $"the listener does not show {subject}");

    private static async Task CountedAsync(Uri metrics, string counter)
    {
        using var http = new HttpClient();
        await EventuallyAsync(
            async () => (await http.GetStringAsync(metrics)).Split('\n').Any(line =>
                line.StartsWith(counter, StringComparison.Ordinal)
                && line.Contains("listener=\"connect-in\"", StringComparison.Ordinal)
                && line.Contains("} 1", StringComparison.Ordinal)),
            $"{counter} is not 1");
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition, string problem)
    {
        var until = TimeProvider.System.GetUtcNow() + Patience;
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetUtcNow() < until, problem);
            await Task.Delay(20);
        }
    }

    private const int Hangup = 1;

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);

    /// <summary>Windows has no SIGHUP that one process could send another.</summary>
    public sealed class UnixFactAttribute : FactAttribute
    {
        public UnixFactAttribute() => Skip = OperatingSystem.IsWindows() ? "needs SIGHUP" : null;
    }
}
