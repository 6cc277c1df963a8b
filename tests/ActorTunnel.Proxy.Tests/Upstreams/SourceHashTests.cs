using System.Net;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Upstreams;
using CsCheck;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Upstreams;

/// <summary>
/// Which endpoint a client's address leads to. The expected values come from a program of its own in another language, which was checked against FNV's published
/// test vectors (<c>"" → cbf29ce484222325</c>, <c>"a" → af63dc4c8601ec8c</c>, <c>"foobar" → 85944171f73967e8</c>).
/// </summary>
public sealed class SourceHashTests
{
    private static readonly Gen<IPAddress> Clients = Gen.OneOf(
        Gen.Byte.Array[4].Select(bytes => new IPAddress(bytes)), Gen.Byte.Array[16].Select(bytes => new IPAddress(bytes)));

    [Theory]
    [InlineData("", 0xefd01f60ba992926)]
    [InlineData("a", 0x82a2a958a9bece5b)]
    [InlineData("foobar", 0x2c22194922d1672b)]
    [InlineData("10.0.0.1:8443", 0x93c34f74fbb3628b)]
    public void The_hash_is_the_same_in_every_process_and_version(string text, ulong expected)
    {
        Assert.Equal(expected, StableHash.Empty.Add(text).Value);
    }

    [Theory]
    [InlineData("192.0.2.1", 0)]
    [InlineData("192.0.2.2", 2)]
    [InlineData("192.0.2.3", 1)]
    [InlineData("192.0.2.4", 1)]
    [InlineData("198.51.100.77", 0)]
    [InlineData("::ffff:198.51.100.77", 0)]
    [InlineData("2001:db8::77", 3)]
    public void A_client_has_the_same_endpoint_in_every_process_and_version(string client, int expected)
    {
        var endpoints = new[] { "10.0.0.1", "10.0.0.2", "10.0.0.3", "2001:db8::1" }.Select(host => Of(new EndpointAddress(host, 8443))).ToArray();

        Assert.Equal(expected, Pick(endpoints, IPAddress.Parse(client)));
    }

    [Fact]
    public void A_client_keeps_its_endpoint_whatever_the_loads_and_whoever_came_before_it()
    {
        Gen.Select(Clients, Gen.Double[0, 100].Array[5], Gen.Int[0, 4]).Sample((client, loads, rotation) =>
        {
            var endpoints = Some(5);
            var loaded = endpoints.Select((endpoint, i) => endpoint with { Load = loads[i] }).ToArray();
            EndpointLoad[] rotated = [.. loaded[rotation..], .. loaded[..rotation]];

            Assert.Equal(Pick(endpoints, client), (Pick(rotated, client) + rotation) % 5);
        });
    }

    [Fact]
    public void Where_an_endpoint_leaves_only_its_own_clients_move_and_they_come_back_with_it()
    {
        Gen.Select(Clients, Gen.Int[0, 6]).Sample((client, leaving) =>
        {
            var endpoints = Some(7);
            var before = Pick(endpoints, client);
            endpoints[leaving] = endpoints[leaving] with { IsCandidate = false };

            var after = Pick(endpoints, client);

            Assert.NotEqual(leaving, after);
            Assert.True(before == leaving || before == after);
        });
    }

    [Fact]
    public void Neighbouring_clients_are_spread_evenly()
    {
        var endpoints = Some(4);
        var clients = Enumerable.Range(0, 4_096).Select(i => new IPAddress([10, 7, (byte)(i >> 8), (byte)i]));

        var counts = clients.CountBy(client => Pick(endpoints, client)).Select(count => count.Value).ToArray();

        Assert.Equal(4, counts.Length);
        Assert.All(counts, count => Assert.InRange(count, 924, 1_124)); // 1,024 ± 3.6 standard deviations of chance.
    }

    [Fact]
    public void A_client_that_is_not_known_has_an_endpoint_too()
    {
        Assert.InRange(Pick(Some(3), client: null), 0, 2);
    }

    private static EndpointLoad[] Some(int count) => [.. Enumerable.Range(1, count).Select(i => Of(new EndpointAddress($"10.0.0.{i}", 8443)))];

    private static EndpointLoad Of(EndpointAddress address) => new(IsCandidate: true, Load: 0, StableHash.Empty.Add(address.ToString()));

    private static int Pick(EndpointLoad[] endpoints, IPAddress? client)
    {
        Assert.True(EndpointPicker.For(LoadBalancing.SourceHash, new Random(1)).TryPick(endpoints, client, out var index));
        return index;
    }
}
