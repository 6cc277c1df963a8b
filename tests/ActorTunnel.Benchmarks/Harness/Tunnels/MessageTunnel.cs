using System.Diagnostics;
using ActorTunnel.Benchmarks.Harness.Bytes;
using ActorTunnel.Benchmarks.Harness.Polling;

namespace ActorTunnel.Benchmarks.Harness.Tunnels;

/// <summary>What is to come after an answer.</summary>
internal enum AfterAnswer
{
    /// <summary>The next request.</summary>
    Ask,

    /// <summary>Nothing, the tunnel stays open.</summary>
    Rest,

    /// <summary>The tunnel's end.</summary>
    End,
}

/// <summary>A tunnel with one request at a time; it sends the first one as it opens.</summary>
/// <param name="poller">Who serves it.</param>
/// <param name="entrance">The chain.</param>
/// <param name="number">The tunnel's.</param>
/// <param name="answered">Told after each answer how long that took; says how to go on.</param>
/// <param name="ended">Told when the tunnel has ended in order.</param>
internal sealed class MessageTunnel(Poller poller, Entrance entrance, int number, Func<TimeSpan, AfterAnswer> answered, Action? ended = null)
    : ClientTunnel(poller, entrance, new Greeting(OriginRole.Echo, number))
{
    private readonly byte[] _answer = new byte[CountedMessage.Size];
    private int _answerCount;
    private long _message;
    private long _askedAt;
    private bool _isEnding;

    /// <summary>Ends a tunnel that rests.</summary>
    public void End()
    {
        _isEnding = true;
        BeginEnd();
        if (IsClosed)
        {
            ended?.Invoke();
        }
    }

    protected override int WriteFirst(Span<byte> into)
    {
        CountedMessage.Write(Number, _message, into);
        _askedAt = Stopwatch.GetTimestamp();
        return CountedMessage.Size;
    }

    protected override void OnOpen() => Interest = PollEvents.Read;

    protected override void OnTunnelReadable()
    {
        var count = Receive(_answer.AsSpan(_answerCount));
        if (count == -1)
        {
            return;
        }

        if (count <= 0)
        {
            OnEnd(count == 0);
            return;
        }

        _answerCount += count;
        if (_answerCount == CountedMessage.Size)
        {
            OnAnswer();
        }
    }

    protected override void OnTunnelWritable()
    {
        // Messages are so small that there is always room.
    }

    private void OnAnswer()
    {
        var time = Stopwatch.GetElapsedTime(_askedAt);
        _answerCount = 0;
        if (_isEnding || !CountedMessage.Is(Number, _message, _answer))
        {
            Fail($"the answer to message {_message} was another one");
        }

        _message++;
        switch (answered(time))
        {
            case AfterAnswer.Ask:
                Span<byte> next = stackalloc byte[CountedMessage.Size];
                CountedMessage.Write(Number, _message, next);
                _askedAt = Stopwatch.GetTimestamp();
                SendWhole(next);
                break;
            case AfterAnswer.End:
                End();
                break;
        }
    }

    private void OnEnd(bool isClean)
    {
        if (!isClean || !_isEnding || _answerCount > 0)
        {
            Fail($"{(isClean ? "it ended" : "it was reset")} after {_message} messages");
        }

        Close();
        ended?.Invoke();
    }
}
