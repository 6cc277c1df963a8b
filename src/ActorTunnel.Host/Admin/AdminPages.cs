using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ActorTunnel.Host.Configuration.Hocon;
using ActorTunnel.Proxy.Status;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ActorTunnel.Host.Admin;

/// <summary>The pages by path, with what each tells.</summary>
internal sealed partial class AdminPages
{
    /// <summary>Sessions or tunnels in one answer, unless the reader says how many.</summary>
    public const int DefaultLimit = 1_000;

    /// <summary>The most that a reader may ask for: some megabytes of text, some milliseconds of the actors' time.</summary>
    public const int MaxLimit = 10_000;

    private const int ChildrenShown = 100;
    private const int MaxChildrenShown = 1_000;

    private readonly AdminNode _node;
    private readonly ILogger _log;
    private readonly (string Path, string About, Func<HttpContext, Task> AnswerAsync)[] _pages;

    public AdminPages(AdminNode node, ILogger<AdminPages> log)
    {
        _node = node;
        _log = log;
        _pages =
        [
            ("/ready", "200 where every listener is bound and the node is not draining, else 503 with the reason", ReadyAsync),
            ("/live", "200 as long as the process answers", LiveAsync),
            ("/info", "name, version, uptime, process, roles", InfoAsync),
            ("/config", "the effective settings, without secrets", ConfigurationAsync),
            ("/listeners", "bound addresses and their connections", ListenersAsync),
            ("/upstreams", "endpoints with their state, sessions and load, and DNS", UpstreamsAsync),
            ("/sessions", "sessions, dialled and accepted; ?limit=", SessionsAsync),
            ("/tunnels", "open tunnels with the bytes so far; ?limit=", TunnelsAsync),
            ("/nodes", "the mesh as this node sees it: its members with their state and load", NodesAsync),
            ("/drain", "how far the drain of this node is; ?wait=true answers when it is over", DrainAsync),
            ("/actors", "the tree of actors; ?limit= children of each", ActorsAsync),
        ];
    }

    /// <summary>Answers a request that the gate let pass.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        try
        {
            await PageOf(context)(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The reader went away.
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            // A defect of a page is the page's alone; the log has it, and the node goes on.
            LogDefect(_log, context.Request.Path, exception);
            await AdminAnswer.TextAsync(context, StatusCodes.Status500InternalServerError, "This page has a defect; the log has more.\n");
        }
    }

    private Func<HttpContext, Task> PageOf(HttpContext context)
    {
        var path = context.Request.Path.Value;
        return path is "/" or "" or null
            ? IndexAsync
            : Array.Find(_pages, page => page.Path == path).AnswerAsync ?? NotFoundAsync;
    }

    private Task NotFoundAsync(HttpContext context) => AdminAnswer.TextAsync(
        context, StatusCodes.Status404NotFound, $"There is /, {string.Join(", ", _pages.Select(page => page.Path))}, /metrics.\n");

    private Task IndexAsync(HttpContext context)
    {
        // Names of nodes are letters, digits and hyphens, and the rest is written here: nothing needs escaping.
        var html = new StringBuilder(
            $"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{_node.Name}</title></head>\n<body><h1>{_node.Name}</h1>\n<ul>\n");
        foreach (var (path, about, _) in _pages)
        {
            html.Append(CultureInfo.InvariantCulture, $"<li><a href=\"{path}?format=text\">{path}</a> (<a href=\"{path}\">JSON</a>): {about}</li>\n");
        }

        html.Append("<li><a href=\"/metrics\">/metrics</a>: counters for Prometheus</li>\n</ul></body></html>\n");
        return AdminAnswer.HtmlAsync(context, html.ToString());
    }

    private async Task ReadyAsync(HttpContext context)
    {
        var reason = await _node.ReasonNotReadyAsync();
        await AdminAnswer.WriteAsync(
            context,
            reason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            () => new JsonObject { ["ready"] = reason is null, ["reason"] = reason },
            () => reason is null ? "ready\n" : $"not ready: {reason}\n");
    }

    private Task LiveAsync(HttpContext context) =>
        AdminAnswer.WriteAsync(context, StatusCodes.Status200OK, () => new JsonObject { ["live"] = true }, () => "live\n");

    private Task InfoAsync(HttpContext context)
    {
        var info = _node.Info();
        return AdminAnswer.WriteAsync(context, StatusCodes.Status200OK, () => AdminAnswer.ToJson(info), () =>
        {
            var table = new TextTable("WHAT", "VALUE");
            table.Add("name", info.Name);
            table.Add("version", info.Version);
            table.Add("started", info.Started.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            table.Add("uptime", info.Uptime);
            table.Add("pid", info.Pid.ToString(CultureInfo.InvariantCulture));
            table.Add("start-ticks", info.StartTicks?.ToString(CultureInfo.InvariantCulture));
            table.Add("runtime", info.Runtime);
            table.Add("system", info.System);
            table.Add("roles", info.Roles);
            table.Add("state", info.State);
            return table.ToString();
        });
    }

    private Task ConfigurationAsync(HttpContext context)
    {
        var configuration = _node.Configuration();
        return AdminAnswer.WriteAsync(
            context, StatusCodes.Status200OK, () => HoconJson.Of(configuration), () => HoconRenderer.Render(configuration));
    }

    private Task ListenersAsync(HttpContext context) =>
        CollectionAsync(context, "listeners", node => node.GetListenersAsync(AdminNode.Deadline), StatusTables.Of);

    private Task UpstreamsAsync(HttpContext context) =>
        CollectionAsync(context, "upstreams", node => node.GetUpstreamsAsync(AdminNode.Deadline), StatusTables.Of);

    private Task SessionsAsync(HttpContext context) => WithLimitAsync(context, DefaultLimit, MaxLimit, limit =>
        CollectionAsync(context, "sessions", node => node.GetSessionsAsync(limit, AdminNode.Deadline), StatusTables.Of));

    private Task TunnelsAsync(HttpContext context) => WithLimitAsync(context, DefaultLimit, MaxLimit, limit =>
        CollectionAsync(context, "tunnels", node => node.GetTunnelsAsync(limit, AdminNode.Deadline), StatusTables.Of));

    private async Task NodesAsync(HttpContext context)
    {
        if (!_node.IsMember)
        {
            await AdminAnswer.TextAsync(context, StatusCodes.Status404NotFound, "This node is in no mesh: mesh.bind is not set.\n");
        }
        else if (await _node.MeshAsync() is not { } mesh)
        {
            await NotStartedAsync(context);
        }
        else
        {
            await AdminAnswer.WriteAsync(
                context,
                StatusCodes.Status200OK,
                () => AdminAnswer.ToJson(mesh),
                () => mesh.Nodes.IsEmpty
                    ? "The node has not joined the mesh yet.\n"
                    : $"{StatusTables.Of(mesh.Nodes)}{(mesh.IsJoined ? "" : "not joined at the moment; these are the members last known\n")}");
        }
    }

    private async Task DrainAsync(HttpContext context)
    {
        if (_node.Drain is not { } drain)
        {
            await NotStartedAsync(context);
            return;
        }

        if (context.Request.Query.TryGetValue("wait", out var wait))
        {
            if (wait != "true")
            {
                await AdminAnswer.TextAsync(context, StatusCodes.Status400BadRequest, "wait is true, or left out.\n");
                return;
            }

            await drain.Done.WaitAsync(context.RequestAborted);
        }

        var progress = drain.Progress;
        await AdminAnswer.WriteAsync(context, StatusCodes.Status200OK, () => AdminAnswer.ToJson(progress), () =>
        {
            var table = new TextTable("WHAT", "VALUE");
            table.Add("step", progress.Step);
            table.Add("tunnels", progress.Tunnels.ToString(CultureInfo.InvariantCulture));
            table.Add("time-left", progress.TimeLeft);
            table.Add("tunnels-reset", progress.TunnelsReset.ToString(CultureInfo.InvariantCulture));
            return table.ToString();
        });
    }

    private Task ActorsAsync(HttpContext context) => WithLimitAsync(context, ChildrenShown, MaxChildrenShown, limit =>
    {
        if (_node.Status is not { } node)
        {
            return NotStartedAsync(context);
        }

        var tree = node.GetActors(limit);
        return AdminAnswer.WriteAsync(context, StatusCodes.Status200OK, () => AdminAnswer.ToJson(tree), () => StatusTables.Of(tree));
    });

    private async Task CollectionAsync<T>(
        HttpContext context, string name, Func<NodeStatus, Task<StatusAnswer<T>>> ask, Func<IEnumerable<T>, TextTable> table)
    {
        if (_node.Status is not { } node)
        {
            await NotStartedAsync(context);
            return;
        }

        var answer = await ask(node);
        await AdminAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            () => new JsonObject
            {
                ["total"] = answer.Total,
                ["shown"] = answer.Items.Length,
                ["silent"] = AdminAnswer.ToJson(answer.Silent),
                [name] = AdminAnswer.ToJson(answer.Items),
            },
            () =>
            {
                var text = new StringBuilder(table(answer.Items).ToString());
                if (answer.Items.Length < answer.Total)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{answer.Items.Length} of {answer.Total} {name}\n");
                }

                foreach (var silent in answer.Silent)
                {
                    text.Append(CultureInfo.InvariantCulture, $"no answer in time from {silent}\n");
                }

                return text.ToString();
            });
    }

    private static Task WithLimitAsync(HttpContext context, int standard, int max, Func<int, Task> answer)
    {
        var limit = standard;
        if (context.Request.Query.TryGetValue("limit", out var given)
            && !(int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit >= 1 && limit <= max))
        {
            return AdminAnswer.TextAsync(
                context, StatusCodes.Status400BadRequest, string.Create(CultureInfo.InvariantCulture, $"limit is a whole number from 1 to {max}.\n"));
        }

        return answer(limit);
    }

    private static Task NotStartedAsync(HttpContext context) =>
        AdminAnswer.TextAsync(context, StatusCodes.Status503ServiceUnavailable, "The node is starting.\n");

    [LoggerMessage(Level = LogLevel.Error, Message = "the admin page {Path} has a defect")]
    private static partial void LogDefect(ILogger log, string? path, Exception exception);
}
