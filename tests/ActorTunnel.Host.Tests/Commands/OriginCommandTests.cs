using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using ActorTunnel.Host.Commands;
using ActorTunnel.Host.Demo;
using ActorTunnel.Host.Hosting;
using Xunit;

namespace ActorTunnel.Host.Tests.Commands;

public sealed class OriginCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task The_process_says_where_it_listens_and_ends_in_order_on_SIGTERM()
    {
        Assert.True(CertificateFolder.TryWrite(
            _folder.Path, CertificateNames.Localhost, TimeProvider.System.GetUtcNow(), days: 1, out _, out var problem), problem);
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[]
        {
            Path.Combine(AppContext.BaseDirectory, "actortunnel.dll"), "origin", "--bind", "127.0.0.1:0",
            "--cert", _folder.File("server.pem"), "--key", _folder.File("server-key.pem"),
        })
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        try
        {
            var line = await process.StandardOutput.ReadLineAsync();
            Assert.StartsWith("origin listens on https://127.0.0.1:", line, StringComparison.Ordinal);
            using (var probe = new TcpClient())
            {
                await probe.ConnectAsync(IPEndPoint.Parse(line!["origin listens on https://".Length..]));
            }

            Termination.Request(process.Id);
            await process.WaitForExitAsync();

            Assert.Equal("", await process.StandardError.ReadToEndAsync());
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            // Only where an assertion failed is it still there.
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    [Theory]
    [InlineData("localhost:1")]
    [InlineData("127.0.0.1")]
    [InlineData("127.1:1")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:08443")]
    [InlineData("::1")]
    [InlineData("[::1]")]
    [InlineData("1")]
    public async Task What_is_no_address_with_a_port_is_refused(string bind)
    {
        var (code, error) = await RunAsync("--bind", bind);

        Assert.NotEqual(0, code);
        Assert.Contains(bind, Assert.Single(Lines(error)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_without_its_key_is_refused()
    {
        var (code, error) = await RunAsync("--bind", "127.0.0.1:0", "--cert", "a.pem");

        Assert.NotEqual(0, code);
        Assert.Contains("--key", Assert.Single(Lines(error)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_missing_or_no_PEM_gives_one_line_with_its_name()
    {
        File.WriteAllText(_folder.File("text.pem"), "text");

        var (missingCode, missing) = await RunAsync("--bind", "127.0.0.1:0", "--cert", _folder.File("none.pem"), "--key", _folder.File("none.pem"));
        var (textCode, text) = await RunAsync("--bind", "127.0.0.1:0", "--cert", _folder.File("text.pem"), "--key", _folder.File("text.pem"));

        Assert.NotEqual(0, missingCode);
        Assert.Contains(_folder.File("none.pem"), Assert.Single(Lines(missing)), StringComparison.Ordinal);
        Assert.NotEqual(0, textCode);
        Assert.Contains(_folder.File("text.pem"), Assert.Single(Lines(text)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_gives_one_line_with_the_address()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var (code, error) = await RunAsync("--bind", $"{taken.LocalEndpoint}");

        Assert.NotEqual(0, code);
        Assert.Contains($"{taken.LocalEndpoint}", Assert.Single(Lines(error)), StringComparison.Ordinal);
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static async Task<(int Code, string Error)> RunAsync(params string[] arguments)
    {
        using var error = new StringWriter();
        var code = await OriginCommand.Create().Parse(arguments)
            .InvokeAsync(new InvocationConfiguration { Output = TextWriter.Null, Error = error });
        return (code, error.ToString());
    }
}
