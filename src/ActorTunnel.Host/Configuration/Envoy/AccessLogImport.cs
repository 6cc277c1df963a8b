namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>
/// Reads <c>access_log</c>. This program writes a line for each tunnel to standard output, in a form of its own, so a log that goes
/// there in Envoy's own form needs no key.
/// </summary>
internal static class AccessLogImport
{
    private const string Package = "envoy.extensions.access_loggers";

    internal static void Read(EnvoyMessage owner) => owner.Each("access_log", log =>
    {
        log.NoEffect("name");
        log.Typed(
            "typed_config",
            ($"{Package}.stream.v3.StdoutAccessLog", _ => { }),
            ($"{Package}.file.v3.FileAccessLog", file => file.Only("path", "/dev/stdout")));
    });
}
