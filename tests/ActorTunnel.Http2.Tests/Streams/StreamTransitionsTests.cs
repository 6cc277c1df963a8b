using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Streams;
using Xunit;

namespace ActorTunnel.Http2.Tests.Streams;

/// <summary>RFC 9113 §5.1: the whole table, states × inputs, as the figure draws it.</summary>
public sealed class StreamTransitionsTests
{
    // Rows: states. Columns: SendHeaders ReceiveHeaders SendData ReceiveData SendEnd ReceiveEnd SendReset ReceiveReset.
    // I idle, O open, L half-closed (local), R half-closed (remote), C closed, - not allowed.
    private static readonly (StreamState State, string Next)[] Table =
    [
        (StreamState.Idle, "OO------"),
        (StreamState.Open, "OOOOLRCC"),
        (StreamState.HalfClosedLocal, "-L-L-CCC"),
        (StreamState.HalfClosedRemote, "R-R-C-CC"),
        (StreamState.Closed, "-------C"),
    ];

    [Fact]
    public void The_table_is_the_figure_of_section_5_1()
    {
        foreach (var (state, row) in Table)
        {
            foreach (var input in Enum.GetValues<StreamInput>())
            {
                var allowed = StreamTransitions.TryNext(state, input, out var next);

                var expected = row[(int)input];
                Assert.True(expected != '-' == allowed, $"{state} {input}");
                Assert.Equal(expected == '-' ? state : State(expected), next);
            }
        }
    }

    [Fact]
    public void A_frame_in_a_state_that_does_not_allow_it_has_the_error_of_section_5_1()
    {
        Assert.Equal((ErrorScope.Connection, ErrorCode.ProtocolError), Error(StreamState.Idle));
        Assert.Equal((ErrorScope.Stream, ErrorCode.StreamClosed), Error(StreamState.HalfClosedRemote));
        Assert.Equal((ErrorScope.Connection, ErrorCode.StreamClosed), Error(StreamState.Closed));
    }

    private static (ErrorScope, ErrorCode) Error(StreamState state)
    {
        var error = StreamTransitions.ReceiveError(state);
        return (error.Scope, error.Code);
    }

    private static StreamState State(char letter) => letter switch
    {
        'I' => StreamState.Idle,
        'O' => StreamState.Open,
        'L' => StreamState.HalfClosedLocal,
        'R' => StreamState.HalfClosedRemote,
        _ => StreamState.Closed,
    };
}
