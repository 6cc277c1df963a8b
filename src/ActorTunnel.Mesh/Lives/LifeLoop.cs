using ActorTunnel.Proxy.Settings;
using Microsoft.Extensions.Logging;

namespace ActorTunnel.Mesh.Lives;

/// <summary>One life after the other, until the node leaves. Safe for any thread.</summary>
/// <remarks>
/// <code>
///                    ┌────────── backoff ◀─────────┐
///                    ▼                             │ the address is taken
/// first life ──▶ living ◀──── bound ──── beginning ┤
///                    │                    ▲        │
///                    ├── ended ── backoff ┘        │
///                    │                             │
///                    └────── LeaveAsync ──▶ gone ◀─┘   (from each state)
/// </code>
/// </remarks>
internal sealed class LifeLoop : IAsyncDisposable
{
    // A cluster that does not let a life go in this time is left without its consent.
    private static readonly TimeSpan RenewLimit = TimeSpan.FromSeconds(15);

    // An actor system that does not end is left behind: the process goes on to end.
    private static readonly TimeSpan AbortLimit = TimeSpan.FromSeconds(5);

    private readonly LifeEnvironment _environment;
    private readonly ILogger _log;
    private readonly LifeBackoff _backoff;
    private readonly CancellationTokenSource _leaving = new();
    private readonly Task _run;
    private volatile MeshLife? _life;
    private volatile MeshTls? _tls;
    private volatile EndpointAddress _address;
    private volatile int _lives = 1;

    /// <param name="environment">Of each life.</param>
    /// <param name="first">The one that runs.</param>
    /// <param name="random">The jitter of waits.</param>
    public LifeLoop(LifeEnvironment environment, MeshLife first, Random random)
    {
        _environment = environment;
        _log = environment.Loggers.CreateLogger<MeshNode>();
        _backoff = new LifeBackoff(environment.Settings.MinBackoff, environment.Settings.MaxBackoff, random);
        _tls = environment.Settings.Tls;
        _life = first;
        _address = first.Address;
        _run = RunAsync(first);
    }

    /// <summary>The one that runs; null between two.</summary>
    public MeshLife? Life => _life;

    /// <summary>How many were begun.</summary>
    public int Lives => _lives;

    /// <summary>Of the current life, or the last.</summary>
    public EndpointAddress Address => _address;

    /// <summary>The next life, which begins at once, has <paramref name="tls"/>.</summary>
    public void UseTls(MeshTls tls)
    {
        _tls = tls;
        if (_life is { } life)
        {
            // Its end is what the loop waits for.
            _ = life.LeaveAsync(LifeEnd.NewCertificates, RenewLimit);
        }
    }

    /// <summary>No life any more, after <paramref name="limit"/> at the latest.</summary>
    public async Task LeaveAsync(TimeSpan limit)
    {
        var started = _environment.Time.GetTimestamp();
        await _leaving.CancelAsync();
        if (_life is { } life)
        {
            await life.LeaveAsync(LifeEnd.Left, limit);
        }

        await StopsWithinAsync(limit - _environment.Time.GetElapsedTime(started));
    }

    public async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync();
        _life?.Abort();
        await StopsWithinAsync(AbortLimit);
    }

    private async Task StopsWithinAsync(TimeSpan limit)
    {
        try
        {
            await _run.WaitAsync(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, _environment.Time);
        }
        catch (TimeoutException)
        {
            _log.LogWarning("The mesh did not end within {Limit}", limit);
        }
    }

    private async Task RunAsync(MeshLife? life)
    {
        while (life is not null)
        {
            _log.LogInformation("Life {Number} of the mesh listens on {Address}", _lives, life.Address);
            var began = _environment.Time.GetTimestamp();
            var end = await life.Ended;
            _life = null;
            if (_leaving.IsCancellationRequested)
            {
                return;
            }

            var wait = end == LifeEnd.NewCertificates ? TimeSpan.Zero : _backoff.After(_environment.Time.GetElapsedTime(began));
            _log.Log(
                end is LifeEnd.NewCertificates ? LogLevel.Information : LogLevel.Warning, "Life {Number} of the mesh ended: {End}; the next begins in {Wait}", _lives, end, wait);
            life = await NextAsync(wait);
        }
    }

    // Null: the node leaves.
    private async Task<MeshLife?> NextAsync(TimeSpan wait)
    {
        while (await WaitAsync(wait))
        {
            var tls = _tls;
            switch (await TryBeginAsync(tls))
            {
                case LifeStart.Begun { Life: var life }:
                    _lives++;
                    _address = life.Address;
                    _life = life;
                    if (tls != _tls)
                    {
                        // UseTls may have looked for a life before this one was there.
                        _ = life.LeaveAsync(LifeEnd.NewCertificates, RenewLimit);
                    }

                    if (!_leaving.IsCancellationRequested)
                    {
                        return life;
                    }

                    // LeaveAsync may have looked for a life before this one was there.
                    life.Abort();
                    await life.Ended;
                    return null;
                case LifeStart.BindFailed { Problem: var problem }:
                    wait = _backoff.After(TimeSpan.Zero);
                    _log.LogWarning("The mesh cannot listen on {Address}: {Problem}; the next try is in {Wait}", _environment.Settings.Bind, problem, wait);
                    break;
                default:
                    wait = _backoff.After(TimeSpan.Zero);
                    break;
            }
        }

        return null;
    }

    private async Task<LifeStart?> TryBeginAsync(MeshTls? tls)
    {
        try
        {
            return await MeshLife.BeginAsync(_environment, tls, _lives + 1);
        }
#pragma warning disable CA1031 // The first life began with the same settings; whatever Akka throws now, out of threads or memory, may be over at the next try.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _log.LogError(exception, "A life of the mesh could not begin");
            return null;
        }
    }

    private async Task<bool> WaitAsync(TimeSpan wait)
    {
        try
        {
            await Task.Delay(wait, _environment.Time, _leaving.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
