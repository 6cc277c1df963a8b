using ActorTunnel.Host.Commands;
using ActorTunnel.Host.Hosting;

NativeHeap.TryBound();
using var signals = new ProcessSignals();
return await CommandLine.RunAsync(args, Console.Out, Console.Error, signals.Stop);
