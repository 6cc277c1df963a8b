using ActorTunnel.Scenarios.Support;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios.Interop;

/// <summary>Kestrel's HTTP/2 takes the CONNECTs of our encapsulator.</summary>
public sealed class KestrelAsTerminator(ITestOutputHelper output) : InteropStory(output)
{
    /// <summary>What Kestrel announces as SETTINGS_MAX_CONCURRENT_STREAMS if nobody says otherwise.</summary>
    private const int StreamsOfASession = 100;

    [Theory]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task Every_size_passes_both_ways(Security security) => await (await StartAsync(security)).CarriesEverySizeBothWaysAsync();

    [Theory]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task More_tunnels_than_it_allows_on_a_session_get_a_second_one(Security security)
    {
        var passage = await StartAsync(security);

        await passage.CarriesManyAtOnceAsync(StreamsOfASession + 20, 64 * 1024);

        Assert.Equal(2, passage.Ours.Counters.Sum("sessions.opened"));
    }

    [Fact]
    public async Task Each_direction_ends_on_its_own() => await (await StartAsync(Security.Cleartext)).LetsEitherEndFirstAsync();

    [Fact]
    public async Task A_reset_of_the_application_reaches_the_origin() => await (await StartAsync(Security.Tls)).TellsTheOriginOfAResetAsync();

    [Fact]
    public async Task A_reset_of_the_origin_reaches_the_application() => await (await StartAsync(Security.Tls)).TellsTheApplicationOfAResetAsync();

    [Fact]
    public async Task A_refused_destination_is_told_with_its_status()
    {
        var kestrel = Own(await KestrelTerminator.StartAsync(Security.Cleartext));

        await IsToldOfARefusalAsync(kestrel.Address, Security.Cleartext, status: 502);
    }

    private async Task<Passage> StartAsync(Security security) =>
        await ThroughTerminatorAsync(Own(await KestrelTerminator.StartAsync(security)).Address, security);
}
