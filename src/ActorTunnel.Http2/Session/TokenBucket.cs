namespace ActorTunnel.Http2.Session;

/// <summary>A rate with a burst: full at first, refilled evenly. Knows no clock.</summary>
public sealed class TokenBucket
{
    private readonly double _burst;
    private readonly double _perSecond;
    private double _tokens;
    private TimeSpan _last;

    /// <param name="burst">Tokens that it holds at most, 1 or more.</param>
    /// <param name="perSecond">Tokens that come back in a second.</param>
    public TokenBucket(int burst, double perSecond)
    {
        _burst = burst;
        _perSecond = perSecond;
        _tokens = burst;
    }

    /// <summary>Takes one token where there is one.</summary>
    /// <param name="now">Since a moment that is the same for every call; one before the last counts as the last.</param>
    public bool TryTake(TimeSpan now)
    {
        if (now > _last)
        {
            _tokens = Math.Min(_burst, _tokens + ((now - _last).TotalSeconds * _perSecond));
            _last = now;
        }

        if (_tokens < 1)
        {
            return false;
        }

        _tokens--;
        return true;
    }
}
