using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorTunnel.Host.Configuration;
using ActorTunnel.Host.Origin;

namespace ActorTunnel.Host.Commands;

/// <summary><c>actortunnel origin</c>: runs an <see cref="OriginServer"/> until SIGTERM or Ctrl-C.</summary>
public static class OriginCommand
{
    public static Command Create()
    {
        var bindOption = new Option<IPEndPoint>("--bind")
        {
            Description = "Address and port to listen on; port 0 takes a free one",
            HelpName = "ADDRESS:PORT",
            Required = true,
            CustomParser = ParseBind,
        };
        var certificateOption = new Option<string?>("--cert")
        {
            Description = "Certificate in PEM; without it one is made that lives as long as the process",
            HelpName = "FILE",
        };
        var keyOption = new Option<string?>("--key")
        {
            Description = "Private key of the certificate in PEM",
            HelpName = "FILE",
        };

        var command = new Command(
            "origin",
            "Serves a small HTTPS site to try a tunnel with: / shows the request, /bytes/N sends N bytes, PUT /upload answers with size and SHA-256.")
        {
            bindOption, certificateOption, keyOption,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(certificateOption) is null != result.GetResult(keyOption) is null)
            {
                result.AddError("--cert and --key go together");
            }
        });
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetRequiredValue(bindOption),
            parsed.GetValue(certificateOption),
            parsed.GetValue(keyOption),
            parsed.InvocationConfiguration,
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        IPEndPoint bind, string? certificatePath, string? keyPath, InvocationConfiguration console, CancellationToken cancellation)
    {
        X509Certificate2? certificate = null;
        if (certificatePath is not null && !TryLoad(certificatePath, keyPath!, out certificate, out var problem))
        {
            await console.Error.WriteLineAsync($"origin: {problem}");
            return 1;
        }

        using (certificate)
        {
            OriginServer server;
            try
            {
                server = await OriginServer.StartAsync(bind, certificate, cancellation);
            }
            catch (IOException exception)
            {
                await console.Error.WriteLineAsync($"origin: cannot listen on {bind}: {exception.GetBaseException().Message}");
                return 1;
            }

            await using (server)
            {
                await console.Output.WriteLineAsync($"origin listens on https://{server.LocalEndPoint}");
                await console.Output.FlushAsync(CancellationToken.None);
                var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await using var registration = cancellation.Register(stopped.SetResult);
                await stopped.Task;
            }
        }

        return 0;
    }

    private static bool TryLoad(
        string certificatePath, string keyPath, [NotNullWhen(true)] out X509Certificate2? certificate, [NotNullWhen(false)] out string? problem)
    {
        certificate = null;
        problem = null;
        try
        {
            certificate = X509Certificate2.CreateFromPemFile(certificatePath, keyPath);
            return true;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            // How the base library says that a file holds no PEM of the kind, and that the key is another certificate's.
            problem = $"{certificatePath} and {keyPath} cannot be used: they are not PEM, or do not belong together";
            return false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Both name the file.
            problem = exception.Message;
            return false;
        }
    }

    private static IPEndPoint? ParseBind(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (ValueKind.Bind.Parse(text, out var endPoint) is not { } problem)
        {
            return endPoint;
        }

        result.AddError($"--bind {text}: {problem}; allowed: {ValueKind.Bind.Allowed}");
        return null;
    }
}
