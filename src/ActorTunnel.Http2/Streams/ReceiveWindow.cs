using System.Diagnostics;

namespace ActorTunnel.Http2.Streams;

/// <summary>
/// What the peer may send on one stream. At all times
/// <c>Announced + Unannounced + bytes that are not repaid yet = Target</c>; so once everything is repaid, the window is exactly back.
/// <para>
/// It moves to another size by <see cref="Aim"/>, and only with repayments: a wider window is announced along with them, and a narrower one keeps them
/// back, since a peer cannot be told to have less.
/// </para>
/// </summary>
public sealed class ReceiveWindow
{
    private FlowWindow _announced;

    /// <param name="target">Bytes of the whole window, which the peer has been told.</param>
    public ReceiveWindow(int target)
    {
        Target = target;
        Goal = target;
        _announced = new FlowWindow(target);
    }

    /// <summary>Bytes of the whole window.</summary>
    public int Target { get; private set; }

    /// <summary>Bytes that the whole window is to have.</summary>
    public int Goal { get; private set; }

    /// <summary>The window as the peer counts it once all is delivered; may be negative.</summary>
    public int Announced => _announced.Value;

    /// <summary>Bytes that were repaid and not yet announced.</summary>
    public int Unannounced { get; private set; }

    /// <summary>A DATA frame of <paramref name="length"/> bytes, padding included, came. False where that oversteps: FLOW_CONTROL_ERROR.</summary>
    public bool TryConsume(int length) => _announced.TryConsume(length);

    /// <summary>
    /// Repays <paramref name="bytes"/> and returns the increment to announce, or 0: small repayments wait until they are a quarter
    /// of the window, so that updates stay rare.
    /// </summary>
    public int Repay(int bytes)
    {
        Unannounced += bytes;
        if (Goal < Target)
        {
            var kept = Math.Min(Unannounced, Target - Goal);
            Unannounced -= kept;
            Target -= kept;
        }

        if (Unannounced == 0 || Unannounced < Target / 4)
        {
            return 0;
        }

        var increment = Unannounced + Goal - Target;
        Unannounced = 0;
        Target = Goal;
        var fits = _announced.TryMove(increment);
        Debug.Assert(fits, "more was repaid than received");
        return increment;
    }

    /// <summary>The whole window is to have <paramref name="goal"/> bytes, 1 to 2^29. Repayments bring it there.</summary>
    public void Aim(int goal) => Goal = goal;

    /// <summary>
    /// The peer acknowledged another SETTINGS_INITIAL_WINDOW_SIZE. Returns an increment to announce, or 0: what waited may be a quarter of
    /// the new window, and nothing else would announce it.
    /// </summary>
    public int Retarget(int target)
    {
        var fits = _announced.TryMove(target - Target);
        Debug.Assert(fits, "a window above its target");
        Target = target;
        Goal = target;
        return Repay(0);
    }
}
