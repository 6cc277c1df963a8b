using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using ActorTunnel.Host.Hosting;
using Xunit;

namespace ActorTunnel.Host.Tests.Admin;

/// <summary>What every page has in common, on a node without tunnels.</summary>
public sealed class AdminServerTests : IAsyncLifetime
{
    private const string Terminator = """
        actortunnel {
          node.name = looked-at
          listeners.only-here { bind = "127.0.0.1:0", connect { routes = [ { authority = "*", upstream = origin } ] } }
          upstreams.origin { endpoints = ["127.0.0.1:8443"] }
          drain.timeout = 0
        }
        akka.some-plugin { password = hunter2, size = 5 }
        """;

    private readonly TemporaryFolder _folder = new();
    private RunningNode _node = null!;

    public async Task InitializeAsync() => _node = await RunningNode.StartAsync(_folder.Write("a.conf", Terminator));

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_node_whose_listeners_are_bound_is_ready_and_live()
    {
        using var ready = await _node.SendAsync("/ready");
        using var live = await _node.SendAsync("/live");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (ready.StatusCode, live.StatusCode));
        Assert.Equal("ready\n", await _node.TextAsync("/ready?format=text"));
        Assert.True((bool)(await _node.JsonAsync("/ready"))["ready"]!);
    }

    [Fact]
    public async Task The_index_links_to_every_page_and_each_answers_in_both_forms()
    {
        var index = await _node.TextAsync("/");

        string[] pages = ["/ready", "/live", "/info", "/config", "/listeners", "/upstreams", "/sessions", "/tunnels", "/drain", "/actors"];
        foreach (var page in pages)
        {
            Assert.Contains($"href=\"{page}\"", index, StringComparison.Ordinal);
            using var json = await _node.SendAsync(page);
            Assert.Equal((HttpStatusCode.OK, "application/json"), (json.StatusCode, json.Content.Headers.ContentType?.MediaType));
            Assert.NotNull(JsonNode.Parse(await json.Content.ReadAsStringAsync()));
            using var text = await _node.SendAsync(page, request => request.Headers.Add("Accept", "text/plain, */*;q=0.1"));
            Assert.Equal((HttpStatusCode.OK, "text/plain"), (text.StatusCode, text.Content.Headers.ContentType?.MediaType));
        }

        Assert.Contains("href=\"/metrics\"", index, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:PORT")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:1")]
    [InlineData("127.0.0.1.evil.example:PORT")]
    public async Task A_foreign_host_field_is_refused_on_every_page(string host)
    {
        foreach (var page in new[] { "/", "/ready", "/metrics", "/none" })
        {
            using var response = await _node.SendAsync(page, request => request.Headers.Host = WithPort(host));

            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
            Assert.StartsWith("The Host field must name this server", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("127.0.0.1:PORT")]
    [InlineData("LocalHost:PORT")]
    [InlineData("[::1]:PORT")]
    public async Task A_name_of_this_machine_is_taken(string host)
    {
        using var response = await _node.SendAsync("/live", request => request.Headers.Host = WithPort(host));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_request_without_a_host_field_is_refused()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _node.Admin.Port);
        await client.GetStream().WriteAsync("GET /info HTTP/1.0\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(client.GetStream());

        Assert.Equal("HTTP/1.1 403 Forbidden", await reader.ReadLineAsync());
    }

    [Theory]
    [InlineData("POST", "/ready")]
    [InlineData("DELETE", "/tunnels")]
    [InlineData("PUT", "/metrics")]
    public async Task Only_reading_is_allowed(string method, string page)
    {
        using var response = await _node.SendAsync(page, request => request.Method = new HttpMethod(method));

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(["GET", "HEAD"], response.Content.Headers.Allow);
    }

    [Fact]
    public async Task HEAD_has_the_head_of_the_answer_alone()
    {
        using var response = await _node.SendAsync("/live", request => request.Method = HttpMethod.Head);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Content.Headers.ContentLength > 0);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("/none", HttpStatusCode.NotFound, "There is /, /ready, ")]
    [InlineData("/nodes", HttpStatusCode.NotFound, "This node is in no mesh: mesh.bind is not set.")]
    [InlineData("/drain?wait=1s", HttpStatusCode.BadRequest, "wait is true, or left out.")]
    [InlineData("/info?format=xml", HttpStatusCode.BadRequest, "format is json or text")]
    [InlineData("/tunnels?limit=0", HttpStatusCode.BadRequest, "limit is a whole number from 1 to 10000")]
    [InlineData("/sessions?limit=10001", HttpStatusCode.BadRequest, "limit is a whole number from 1 to 10000")]
    [InlineData("/actors?limit=many", HttpStatusCode.BadRequest, "limit is a whole number from 1 to 1000")]
    public async Task What_there_is_not_is_told_in_a_line(string page, HttpStatusCode status, string text)
    {
        using var response = await _node.SendAsync(page);

        Assert.Equal(status, response.StatusCode);
        Assert.StartsWith(text, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_info_tells_who_this_is()
    {
        var info = await _node.JsonAsync("/info");

        Assert.Equal(("looked-at", Environment.ProcessId, "running"), ((string)info["name"]!, (int)info["pid"]!, (string)info["state"]!));
        Assert.Equal(["terminator"], info["roles"]!.AsArray().Select(role => (string)role!));
        Assert.Equal(ProcessStart.TicksOf(Environment.ProcessId), (long?)info["start-ticks"]);
        Assert.StartsWith(".NET ", (string)info["runtime"]!, StringComparison.Ordinal);
        var started = (DateTimeOffset)info["started"]!;
        Assert.InRange(started.AddMilliseconds((long)info["uptime-ms"]!), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
    }

    [Fact]
    public async Task The_configuration_has_all_defaults_and_no_secrets()
    {
        var configuration = await _node.JsonAsync("/config");
        var text = await _node.TextAsync("/config?format=text");

        Assert.Equal(50_000, (int)configuration["actortunnel"]!["listeners"]!["only-here"]!["max-connections"]!);
        Assert.Equal(("***", 5), ((string)configuration["akka"]!["some-plugin"]!["password"]!, (int)configuration["akka"]!["some-plugin"]!["size"]!));
        Assert.Contains("max-connections = 50000", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tree_names_the_actors_and_hides_what_is_past_the_limit()
    {
        var tree = await _node.JsonAsync("/actors");

        var listeners = tree["children"]!.AsArray().Single(child => (string)child!["name"]! == "listeners")!;
        Assert.Equal("user", (string)tree["name"]!);
        Assert.Equal(("only-here", "ListenerActor"), ((string)listeners["children"]![0]!["name"]!, (string)listeners["children"]![0]!["kind"]!));
        var text = await _node.TextAsync("/actors?format=text&limit=1");
        Assert.StartsWith("user  GuardianActor\n  ", text, StringComparison.Ordinal);
        Assert.Contains("… and ", text, StringComparison.Ordinal);
    }

    private string WithPort(string host) => host.Replace("PORT", $"{_node.Admin.Port}", StringComparison.Ordinal);
}
