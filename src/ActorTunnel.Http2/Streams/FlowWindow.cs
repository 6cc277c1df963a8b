using System.Diagnostics;

namespace ActorTunnel.Http2.Streams;

/// <summary>
/// The arithmetic of one flow-control window (RFC 9113 §6.9), and the only place where it is done: at most 2^31−1, and possibly below
/// 0 after a change of SETTINGS_INITIAL_WINDOW_SIZE (§6.9.2).
/// </summary>
public record struct FlowWindow
{
    /// <summary>The largest window, 2^31−1.</summary>
    public const int Max = int.MaxValue;

    /// <summary>What a window is before anything was announced, 65,535.</summary>
    public const int Initial = 65_535;

    /// <param name="value">Bytes that may be sent at first.</param>
    public FlowWindow(int value)
    {
        Value = value;
    }

    /// <summary>Bytes that may be sent; negative when the window was made smaller than what is under way.</summary>
    public int Value { get; private set; }

    /// <summary>Bytes that may be sent, never below 0.</summary>
    public readonly int Available => Math.Max(Value, 0);

    /// <summary>Takes <paramref name="length"/> bytes out of the window, or none and returns false where it has less.</summary>
    public bool TryConsume(int length)
    {
        Debug.Assert(length >= 0, "a negative length");

        // A frame of no bytes passes a closed window, also a negative one (§6.9).
        if (length > Available)
        {
            return false;
        }

        Value -= length;
        return true;
    }

    /// <summary>
    /// Moves the window by a WINDOW_UPDATE's increment or by the difference of two initial sizes. False, and no change, where it would
    /// pass 2^31−1.
    /// </summary>
    public bool TryMove(int delta)
    {
        var value = (long)Value + delta;
        if (value > Max)
        {
            return false;
        }

        Value = (int)value;
        return true;
    }
}
