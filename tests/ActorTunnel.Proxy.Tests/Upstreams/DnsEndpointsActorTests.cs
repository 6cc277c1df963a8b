using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using ActorTunnel.Transport.Loops;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Proxy.Upstreams;
using Akka.Actor;
using Akka.Streams;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Upstreams;

/// <summary>The scheduler's clock and the answers of the name service are in the test's hand.</summary>
public sealed class DnsEndpointsActorTests()
    : TestKit("akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"\nakka.loglevel = OFF")
{
    private readonly Dictionary<string, Func<IPAddress[]>> _names = [];
    private readonly Meter _meter = new("test");

    [Fact]
    public void Each_address_of_each_name_is_an_endpoint_of_strict_dns()
    {
        _names["a.test"] = () => [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2")];
        _names["b.test"] = () => [IPAddress.Parse("192.0.2.2"), IPAddress.Parse("192.0.2.3")];
        Start(UpstreamType.StrictDns, new EndpointAddress("a.test", 1), new EndpointAddress("b.test", 1));
        Assert.Equal(["192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1"], ExpectEndpoints());
    }

    [Fact]
    public void The_first_address_of_the_name_is_the_endpoint_of_logical_dns_and_all_can_be_dialled()
    {
        _names["a.test"] = () => [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2")];
        Start(UpstreamType.LogicalDns, new EndpointAddress("a.test", 443));
        var endpoint = Assert.Single(ExpectMsg<DnsEndpointsActor.EndpointsResolved>().Endpoints);
        Assert.Equal("192.0.2.1:443", endpoint.Address.ToString());
        Assert.Equal(["192.0.2.1", "192.0.2.2"], endpoint.Addresses.Select(address => address.ToString()));
    }

    [Fact]
    public void Names_are_resolved_again_after_the_refresh_interval_and_not_before()
    {
        _names["a.test"] = () => [IPAddress.Parse("192.0.2.1")];
        Start(UpstreamType.StrictDns, new EndpointAddress("a.test", 1));
        Assert.Equal(["192.0.2.1:1"], ExpectEndpoints());

        _names["a.test"] = () => [IPAddress.Parse("192.0.2.9")];
        Scheduler.Advance(TimeSpan.FromSeconds(4.9));
        ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        Scheduler.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(["192.0.2.9:1"], ExpectEndpoints());
    }

    [Fact]
    public void The_last_good_answer_is_kept_when_a_look_up_fails()
    {
        _names["a.test"] = () => [IPAddress.Parse("192.0.2.1")];
        Start(UpstreamType.StrictDns, new EndpointAddress("a.test", 1));
        Assert.Equal(["192.0.2.1:1"], ExpectEndpoints());

        _names["a.test"] = () => throw new SocketException((int)SocketError.TryAgain);
        Scheduler.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["192.0.2.1:1"], ExpectEndpoints());
    }

    [Fact]
    public void A_name_that_never_resolved_is_told_with_its_failure_and_asked_for_again_on_demand()
    {
        _names["a.test"] = () => throw new SocketException((int)SocketError.HostNotFound);
        var dns = Start(UpstreamType.LogicalDns, new EndpointAddress("a.test", 1));
        Assert.Equal(ConnectFailureReason.NameNotResolved, ExpectMsg<DnsEndpointsActor.EndpointsUnknown>().Failure.Reason);

        _names["a.test"] = () => [IPAddress.Parse("192.0.2.1")];
        dns.Tell(DnsEndpointsActor.ResolveNow.Instance);
        Assert.Equal(["192.0.2.1:1"], ExpectEndpoints());
    }

    protected override void AfterAll()
    {
        _meter.Dispose();
        base.AfterAll();
    }

    private TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    private TestActorRef<Parent> Start(UpstreamType type, params EndpointAddress[] endpoints)
    {
        var settings = new UpstreamSettings { Name = "origin", Type = type, Endpoints = [.. endpoints] };
        var environment = new ProxyEnvironment(new BufferPool(), new ProxyMeters(_meter), TimeProvider.System, _ => { }, _ => { })
        {
            Lookup = (name, _) => Task.Run(() => _names[name]()),
        };
        var node = new NodeContext(new NodeSettings { Name = "node", Listeners = [], Upstreams = [] }, environment, Sys.Materializer(), EventLoops.Start(Sys, 0), []);
        return ActorOfAsTestActorRef<Parent>(Props.Create(() => new Parent(DnsEndpointsActor.Props(settings, node), TestActor)));
    }

    private string[] ExpectEndpoints() =>
        [.. ExpectMsg<DnsEndpointsActor.EndpointsResolved>().Endpoints.Select(endpoint => endpoint.Address.ToString())];

    /// <summary>Stands for the upstream's actor: hands on what it hears, and what it is told to ask.</summary>
    private sealed class Parent : UntypedActor
    {
        private readonly IActorRef _child;
        private readonly IActorRef _listener;

        public Parent(Props child, IActorRef listener)
        {
            _listener = listener;
            _child = Context.ActorOf(child);
        }

        protected override void OnReceive(object message) => (Sender.Equals(_child) ? _listener : _child).Tell(message);
    }
}
