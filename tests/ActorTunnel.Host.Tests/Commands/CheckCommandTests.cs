using System.Text.Json.Nodes;
using ActorTunnel.Host.Commands;
using Xunit;

namespace ActorTunnel.Host.Tests.Commands;

public sealed class CheckCommandTests : IDisposable
{
    private const string Valid = """
        actortunnel {
          listeners.in { bind = "127.0.0.1:0", connect { routes = [ { authority = "*", upstream = origin } ] } }
          upstreams.origin { endpoints = ["127.0.0.1:8443"], connect-timeout = 250ms }
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_effective_settings_have_the_defaults_and_read_back_as_the_same()
    {
        var first = await CommandLineRun.OfAsync("check", _folder.Write("a.conf", Valid), "--set", "drain.timeout=7s");
        var second = await CommandLineRun.OfAsync("check", _folder.Write("b.conf", first.Output));

        Assert.Equal((0, ""), (first.Code, first.Error));
        Assert.Contains("connect-timeout = 250ms", first.Output, StringComparison.Ordinal);
        Assert.Contains("max-connections = 50000", first.Output, StringComparison.Ordinal);
        Assert.Contains("timeout = 7s", first.Output, StringComparison.Ordinal);
        Assert.Equal(first, second);
    }

    [Fact]
    public async Task Every_mistake_is_a_line_with_its_place_and_what_is_allowed()
    {
        var file = _folder.Write("a.conf", Valid);

        var run = await CommandLineRun.OfAsync(
            "check", file, "--set", "listeners.in.max-connections=none", "--set", "upstreams.origin.lb=random");

        Assert.Equal((ExitCode.Mistake, ""), (run.Code, run.Output));
        Assert.Equal(2, run.ErrorLines.Length);
        Assert.StartsWith("--set #1: actortunnel.listeners.in.max-connections = \"none\": ", run.ErrorLines[0], StringComparison.Ordinal);
        Assert.EndsWith("allowed: round-robin or least-tunnels or power-of-two or source-hash or auto", run.ErrorLines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_warning_is_told_beside_the_settings()
    {
        var run = await CommandLineRun.OfAsync("check", _folder.Write("a.conf", Valid), "--set", "upstreams.unused.endpoints=[\"a:1\"]");

        Assert.Equal(0, run.Code);
        Assert.Contains("no listener names this upstream", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.StartsWith("warning: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_JSON_the_settings_have_types()
    {
        var run = await CommandLineRun.OfAsync("check", "--json", _folder.Write("a.conf", Valid));

        var answer = JsonNode.Parse(run.Output)!;
        var listener = answer["settings"]!["actortunnel"]!["listeners"]!["in"]!;
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.True((bool)answer["valid"]!);
        Assert.Empty(answer["warnings"]!.AsArray());
        Assert.Equal(50_000, (int)listener["max-connections"]!);
        Assert.Equal("*", (string)listener["connect"]!["routes"]![0]!["authority"]!);
    }

    [Fact]
    public async Task In_JSON_a_mistake_has_its_parts()
    {
        var file = _folder.Write("a.conf", Valid.Replace("250ms", "soon", StringComparison.Ordinal));

        var run = await CommandLineRun.OfAsync("check", "--json", file);

        var answer = JsonNode.Parse(run.Output)!;
        var mistake = Assert.Single(answer["mistakes"]!.AsArray())!;
        Assert.Equal((2, ""), (run.Code, run.Error));
        Assert.False((bool)answer["valid"]!);
        Assert.Equal(
            (file, 3, "actortunnel.upstreams.origin.connect-timeout", "\"soon\""),
            ((string)mistake["file"]!, (int)mistake["line"]!, (string)mistake["key"]!, (string)mistake["value"]!));
        Assert.StartsWith("a duration from ", (string)mistake["allowed"]!, StringComparison.Ordinal);
    }
}
