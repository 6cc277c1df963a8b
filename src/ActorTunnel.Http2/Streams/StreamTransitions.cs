using ActorTunnel.Http2.Frames;

namespace ActorTunnel.Http2.Streams;

/// <summary>The transition table over <see cref="StreamState"/>: what is not in it is not allowed.</summary>
public static class StreamTransitions
{
    /// <summary>The state after <paramref name="input"/>, or false where the input is not allowed.</summary>
    public static bool TryNext(StreamState state, StreamInput input, out StreamState next)
    {
        StreamState? found = (state, input) switch
        {
            (StreamState.Idle, StreamInput.SendHeaders or StreamInput.ReceiveHeaders) => StreamState.Open,

            (StreamState.Open, StreamInput.SendHeaders or StreamInput.ReceiveHeaders) => StreamState.Open,
            (StreamState.Open, StreamInput.SendData or StreamInput.ReceiveData) => StreamState.Open,
            (StreamState.Open, StreamInput.SendEndStream) => StreamState.HalfClosedLocal,
            (StreamState.Open, StreamInput.ReceiveEndStream) => StreamState.HalfClosedRemote,

            (StreamState.HalfClosedLocal, StreamInput.ReceiveHeaders or StreamInput.ReceiveData) => StreamState.HalfClosedLocal,
            (StreamState.HalfClosedLocal, StreamInput.ReceiveEndStream) => StreamState.Closed,

            (StreamState.HalfClosedRemote, StreamInput.SendHeaders or StreamInput.SendData) => StreamState.HalfClosedRemote,
            (StreamState.HalfClosedRemote, StreamInput.SendEndStream) => StreamState.Closed,

            (StreamState.Open or StreamState.HalfClosedLocal or StreamState.HalfClosedRemote,
                StreamInput.SendReset or StreamInput.ReceiveReset) => StreamState.Closed,

            // A RST_STREAM may cross with the frame that closed the stream.
            (StreamState.Closed, StreamInput.ReceiveReset) => StreamState.Closed,

            _ => null,
        };
        next = found ?? state;
        return found is not null;
    }

    /// <summary>The error that a frame of the peer is in a state that does not allow it.</summary>
    public static Http2Error ReceiveError(StreamState state) => state switch
    {
        StreamState.Idle => Http2Error.Connection(ErrorCode.ProtocolError, "a frame on an idle stream"),
        StreamState.HalfClosedRemote => Http2Error.Stream(ErrorCode.StreamClosed, "a frame after END_STREAM"),
        _ => Http2Error.Connection(ErrorCode.StreamClosed, "a frame on a closed stream"),
    };
}
