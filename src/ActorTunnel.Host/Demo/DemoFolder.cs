using System.Diagnostics.CodeAnalysis;
using System.Net;
using ActorTunnel.Host.Commands;

namespace ActorTunnel.Host.Demo;

/// <summary>A temporary folder with certificates and the configurations of a demo; gone when it is disposed.</summary>
internal sealed class DemoFolder : IDisposable
{
    /// <summary>The origin's name, which only the demo's certificates know.</summary>
    public const string OriginName = "origin.test";

    private const string Authority = $"{OriginName}:443";

    private DemoFolder(string path)
    {
        Path = path;
    }

    /// <summary>The folder; configurations in it have paths relative to it.</summary>
    public string Path { get; }

    /// <summary>The authority that has signed all certificates.</summary>
    public string CaPath => System.IO.Path.Combine(Path, "certs", "ca.pem");

    /// <summary>Makes the folder and the certificates in it.</summary>
    public static bool TryCreate(
        DateTimeOffset now, [NotNullWhen(true)] out DemoFolder? folder, [NotNullWhen(false)] out string? problem)
    {
        folder = null;
        string path;
        try
        {
            path = Directory.CreateTempSubdirectory("actortunnel-demo-").FullName;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // No place for temporary files, or none that is ours.
            problem = exception.Message;
            return false;
        }

        var names = new CertificateNames(["localhost", OriginName], [IPAddress.Loopback]);
        var created = new DemoFolder(path);
        if (!CertificateFolder.TryWrite(System.IO.Path.Combine(path, "certs"), names, now, days: 2, out _, out problem))
        {
            created.Dispose();
            return false;
        }

        folder = created;
        return true;
    }

    /// <summary>Writes the terminator's configuration and returns the file's name.</summary>
    public string WriteTerminator(IPEndPoint origin) => Write("terminate.conf", $$"""
        # Takes HTTP/2 sessions and unwraps their tunnels into TCP connections to the origin.
        actortunnel {
          node.name = terminator
          drain.timeout = 2s
          listeners.connect-in {
            bind = "127.0.0.1:0"
            tls { cert = "certs/server.pem", key = "certs/server-key.pem", client-ca = "certs/ca.pem" }
            connect { routes = [ { authority = "{{Authority}}", upstream = origin } ] }
          }
          upstreams.origin { endpoints = ["{{origin}}"], connect-timeout = 5s }
        }

        """);

    /// <summary>Writes the encapsulator's configuration and returns the file's name.</summary>
    public string WriteEncapsulator(IPEndPoint terminator) => Write("encapsulate.conf", $$"""
        # Takes TCP connections and carries each as a CONNECT stream to the terminator.
        actortunnel {
          node.name = encapsulator
          drain.timeout = 2s
          listeners.tunnel-in {
            bind = "127.0.0.1:0"
            tunnel { upstream = terminators, authority = "{{Authority}}" }
          }
          upstreams.terminators {
            endpoints = ["{{terminator}}"], connect-timeout = 5s, protocol = http2
            tls { ca = "certs/ca.pem", verify-name = "localhost", cert = "certs/client.pem", key = "certs/client-key.pem" }
          }
        }

        """);

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private string Write(string name, string text)
    {
        File.WriteAllText(System.IO.Path.Combine(Path, name), text);
        return name;
    }
}
