using System.Security.Cryptography.X509Certificates;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios.Interop;

/// <summary>The stories' certificates as files, for programs that read such; the folder is removed at the end.</summary>
internal sealed class PemFiles : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actortunnel-interop-");

    public PemFiles()
    {
        var server = TestCertificates.Shared.Server.Leaf;
        File.WriteAllText(Ca, TestCertificates.Shared.Ca[0].ExportCertificatePem());
        File.WriteAllText(Certificate, server.ExportCertificatePem());
        File.WriteAllText(Key, server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>The folder, in which a program may put files of its own.</summary>
    public string Folder => _folder.FullName;

    public string Ca => Path.Combine(Folder, "ca.pem");

    public string Certificate => Path.Combine(Folder, "server.pem");

    public string Key => Path.Combine(Folder, "server-key.pem");

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}
