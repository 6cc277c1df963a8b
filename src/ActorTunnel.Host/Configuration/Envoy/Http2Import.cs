using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>Reads <c>envoy.config.core.v3.Http2ProtocolOptions</c>, which is the same for both sides.</summary>
internal static class Http2Import
{
    // The ranges of http2.stream-window and http2.receive-budget. Envoy's smallest window is RFC 9113's, one byte less than ours.
    private const uint EnvoyMinWindow = 65_535;
    private const uint MinWindow = 64 * 1024;
    private const uint MaxWindow = 16 * 1024 * 1024;
    private const uint MinBudget = 1024 * 1024;

    /// <summary>May be without a field.</summary>
    internal static HoconDraft Read(EnvoyMessage options)
    {
        // Whether extended CONNECT (RFC 8441) is allowed says nothing about plain CONNECT.
        options.NoEffect("allow_connect");
        var draft = new HoconDraft(options.Place);
        if (options.UInt("max_concurrent_streams") is { } streams)
        {
            if (streams.Value is 0 or > int.MaxValue)
            {
                options.NotCarried(streams, "is out of range", $"1 to {int.MaxValue}");
            }
            else
            {
                draft.Set("max-concurrent-streams", streams, Number);
            }
        }

        var window = ReadWindow(options);
        draft.Set("stream-window", window, Size);
        if (options.UInt("initial_connection_window_size") is { } connection)
        {
            if (connection.Value < Math.Max(MinBudget, window?.Value ?? 0))
            {
                options.NotCarried(connection, "is less than a session may hold here", "1 MiB or more, and no less than initial_stream_window_size");
            }
            else
            {
                draft.Set("receive-budget", connection, Size);
            }
        }

        return draft;
    }

    private static Placed<uint>? ReadWindow(EnvoyMessage options)
    {
        switch (options.UInt("initial_stream_window_size"))
        {
            case null:
                return null;
            case { Value: EnvoyMinWindow } window:
                options.Note(window, $"the least window here is {MinWindow} bytes, so that is used");
                return window with { Value = MinWindow };
            case { Value: >= MinWindow and <= MaxWindow } window:
                return window;
            case var window:
                options.NotCarried(window, "is out of range", $"{EnvoyMinWindow} to {MaxWindow}");
                return null;
        }
    }

    private static string Number(uint number) => $"{number}";

    private static string Size(uint bytes) => HoconUnits.Render((long)bytes);
}
