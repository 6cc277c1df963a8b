using System.CommandLine;
using ActorTunnel.Host.Commands;

var root = new RootCommand("Carries TCP connections inside HTTP/2 CONNECT streams")
{
    CertsCommand.Create(),
    OriginCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
