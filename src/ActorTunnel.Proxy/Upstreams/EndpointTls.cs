using System.Net.Security;
using ActorTunnel.Proxy.Sessions;
using ActorTunnel.Proxy.Settings;
using Akka.Event;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>The TLS options of an upstream's endpoints, made once for each and certificate generation.</summary>
internal sealed class EndpointTls
{
    private readonly string _upstream;
    private readonly ILoggingAdapter _log;
    private readonly Dictionary<EndpointAddress, SslClientAuthenticationOptions> _options = [];
    private ClientTlsSettings? _settings;

    public EndpointTls(UpstreamSettings upstream, ILoggingAdapter log)
    {
        _upstream = upstream.Name;
        _settings = upstream.Tls;
        _log = log;
    }

    /// <summary>A new generation.</summary>
    public void Replace(ClientTlsSettings settings)
    {
        _settings = settings;
        _options.Clear();
    }

    /// <summary>The endpoint is gone: addresses of a mesh come and go without end.</summary>
    public void Forget(EndpointAddress endpoint) => _options.Remove(endpoint);

    /// <summary>Null: cleartext.</summary>
    public SslClientAuthenticationOptions? For(EndpointAddress endpoint)
    {
        if (_settings is null)
        {
            return null;
        }

        if (!_options.TryGetValue(endpoint, out var options))
        {
            options = SessionTls.ForUpstream(_upstream, endpoint.Host, _settings, _log);
            _options.Add(endpoint, options);
        }

        return options;
    }
}
