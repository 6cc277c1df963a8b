using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>Reads <c>static_resources.listeners</c>: each has one filter chain, and that one filter that makes or ends tunnels.</summary>
/// <param name="clusters">All of them.</param>
internal sealed class ListenerImport(ClusterImport clusters)
{
    private const string Filters = "envoy.extensions.filters.listener";

    private readonly NameBook _names = new("listener");
    private readonly TcpProxyImport _tcpProxy = new(clusters);
    private readonly ConnectionManagerImport _connectionManager = new(clusters);

    /// <summary>Adds the listener to <paramref name="listeners"/>, unless nothing of it can be carried, which is told.</summary>
    internal void Read(EnvoyMessage message, HoconDraft listeners)
    {
        var given = message.Text("name");
        message.NoEffect("stat_prefix", "traffic_direction");
        message.Only("bind_to_port", "true");

        var listener = new HoconDraft(message.Place);
        listener.Set("bind", AddressImport.ReadBind(message));
        ReadListenerFilters(message, listener);

        var isFirst = true;
        var carried = false;
        message.Each("filter_chains", chain =>
        {
            if (!isFirst)
            {
                chain.NotCarried("is not carried: one filter chain is");
                return;
            }

            isFirst = false;
            carried = ReadChain(chain, listener);
        });

        if (!carried)
        {
            message.NotCarry("is left out: it has no filter that makes or ends tunnels");
            return;
        }

        var name = _names.Take(message, given);
        listeners.Set(HoconText.Key(name), listener, DraftComment.Of(message.Path, given?.Value, name));
    }

    private static void ReadListenerFilters(EnvoyMessage message, HoconDraft listener)
    {
        var isTransparent = message.Flag("transparent") is { Value: true };
        var readsOriginalDestination = false;
        message.Each("listener_filters", filter =>
        {
            filter.NoEffect("name");
            filter.Typed(
                "typed_config",
                ($"{Filters}.proxy_protocol.v3.ProxyProtocol", options =>
                {
                    options.NoEffect("stat_prefix");
                    options.Only("allow_requests_without_proxy_protocol", "false");
                    listener.Set("proxy-protocol", "require", options.Place);
                }),
                ($"{Filters}.original_dst.v3.OriginalDst", options =>
                {
                    readsOriginalDestination = true;
                    listener.Set("original-dst", isTransparent ? "tproxy" : "redirect", options.Place);
                }),
                // The hello of a client is looked at here wherever an operator needs it.
                ($"{Filters}.tls_inspector.v3.TlsInspector", _ => { }));
        });

        if (isTransparent && !readsOriginalDestination)
        {
            message.NotCarried("transparent", "is carried only with the listener filter original_dst");
        }
    }

    private bool ReadChain(EnvoyMessage chain, HoconDraft listener)
    {
        chain.NoEffect("name");
        chain.Message("filter_chain_match", _ => { });
        var handshakeTimeout = chain.Duration("transport_socket_connect_timeout");
        HoconDraft? tunnel = null;
        HoconDraft? connect = null;
        var comment = "";
        chain.Each("filters", filter =>
        {
            filter.NoEffect("name");
            if (tunnel is not null || connect is not null)
            {
                filter.NotCarried("is not carried: the filter before it takes all connections");
                return;
            }

            comment = filter.Path;
            filter.Typed(
                "typed_config",
                (TcpProxyImport.Type, proxy => tunnel = _tcpProxy.Read(proxy)),
                (ConnectionManagerImport.Type, manager => connect = _connectionManager.Read(manager, handshakeTimeout)));
        });

        if (connect is not null)
        {
            listener.Set("tls", TlsImport.ReadServer(chain));
        }
        else
        {
            chain.NotCarried("transport_socket", "is not carried: TLS of applications is not ended at the encapsulator, it goes through the tunnel");
        }

        listener.Set("tunnel", tunnel, comment);
        listener.Set("connect", connect, comment);
        return tunnel is not null || connect is not null;
    }
}
