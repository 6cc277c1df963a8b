using System.Net;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Scenarios.Support;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios.Interop;

/// <summary>Stories in which one half of the way is somebody else's implementation of HTTP/2.</summary>
public abstract class InteropStory(ITestOutputHelper output) : Story
{
    private protected ITestOutputHelper Output { get; } = output;

    private protected static Authority AuthorityOf(IPEndPoint address) => new(address.Address.ToString(), address.Port);

    /// <summary>Starts a foreign program that is ended with the story.</summary>
    private protected ForeignProcess Run(Foreign program, params string[] arguments) =>
        Own(ForeignProcess.Start(program, Output, arguments));

    /// <summary>Our encapsulator, which names the destination to a foreign terminator.</summary>
    private protected async Task<StoryNode> EncapsulatorAsync(
        IPEndPoint terminator, Security security, IPEndPoint destination, Func<NodeSettings, NodeSettings>? change = null)
    {
        var settings = StorySettings.Encapsulator(security, terminator)
            .WithTunnel(tunnel => tunnel with { Authority = StorySettings.Template(AuthorityOf(destination).ToString()) });
        return Own(await StoryNode.StartAsync(change is null ? settings : change(settings)));
    }

    /// <summary>The way through our encapsulator and a foreign terminator.</summary>
    private protected async Task<Passage> ThroughTerminatorAsync(
        IPEndPoint terminator, Security security, Func<NodeSettings, NodeSettings>? change = null)
    {
        var origin = Own(Origin.Start());
        var encapsulator = await EncapsulatorAsync(terminator, security, origin.Address, change);
        return new Passage(encapsulator, origin, () => Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in")));
    }

    /// <summary>A foreign terminator cannot reach the destination: the application is reset, and our line has the status.</summary>
    private protected async Task IsToldOfARefusalAsync(IPEndPoint terminator, Security security, int status)
    {
        var encapsulator = await EncapsulatorAsync(terminator, security, StorySettings.Loopback(FreePort.Take()));

        await Peer.ConnectToBeResetAsync(encapsulator.AddressOf("tunnel-in"));

        Assert.Equal(status, (await encapsulator.NextAccessAsync()).Status);
    }

    /// <summary>The way through a foreign encapsulator and our terminator.</summary>
    /// <param name="security">Between the two.</param>
    /// <param name="encapsulator">Starts the foreign one for our address; returns how an application gets in.</param>
    /// <param name="change">Of our terminator's settings.</param>
    private protected async Task<Passage> ThroughEncapsulatorAsync(
        Security security, Func<IPEndPoint, Task<Func<Task<Peer>>>> encapsulator, Func<NodeSettings, NodeSettings>? change = null)
    {
        var origin = Own(Origin.Start());
        var settings = StorySettings.Terminator(origin.Address, security);
        var terminator = Own(await StoryNode.StartAsync(change is null ? settings : change(settings)));
        return new Passage(terminator, origin, await encapsulator(terminator.AddressOf("connect-in")));
    }
}
