using System.CommandLine;
using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using ActorTunnel.Host.Commands;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ActorTunnel.Host.Tests.Commands;

public sealed class CertsCommandTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2031, 2, 3, 4, 5, 6, TimeSpan.Zero);

    private static readonly string[] AllFiles =
    [
        "ca-key.pem", "ca.pem", "client-key.pem", "client.pem", "node-key.pem", "node.pem", "server-key.pem", "server.pem",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Eight_files_are_written_and_named_and_each_key_belongs_to_its_certificate()
    {
        var (code, output, error) = Run("--out", _folder.Path);

        Assert.Equal((0, ""), (code, error));
        Assert.Equal(AllFiles, Files());
        Assert.Equal(AllFiles.Select(_folder.File).Order(StringComparer.Ordinal), Lines(output).Order(StringComparer.Ordinal));
        foreach (var name in new[] { "ca", "server", "client", "node" })
        {
            using var certificate = Load(name);
            Assert.True(certificate.HasPrivateKey);
        }

        using var server = Load("server");
        Assert.True(server.MatchesHostname("localhost"));
        Assert.True(server.MatchesHostname("127.0.0.1"));
        Assert.True(server.MatchesHostname("::1"));
        Assert.Equal(Now.AddDays(365).UtcDateTime, server.NotAfter.ToUniversalTime());
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void Keys_are_for_their_owner_only()
    {
        Run("--out", _folder.Path);

        Assert.All(
            AllFiles.Where(file => file.EndsWith("-key.pem", StringComparison.Ordinal)),
            file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File(file))));
    }

    [Fact]
    public void A_missing_folder_is_made()
    {
        var (code, _, _) = Run("--out", _folder.File("a/b"));

        Assert.Equal(0, code);
        Assert.True(File.Exists(_folder.File("a/b/server.pem")));
    }

    [Fact]
    public void The_names_the_SPIFFE_id_and_the_days_are_those_that_were_asked_for()
    {
        var (code, _, error) = Run(
            "--out", _folder.Path, "--dns", "a.example", "--dns", "*.b.example", "--ip", "192.0.2.1", "--ip", "2001:db8::1",
            "--spiffe", "spiffe://example.org/x", "--days", "7");

        Assert.Equal((0, ""), (code, error));
        foreach (var name in new[] { "server", "client", "node" })
        {
            using var certificate = Load(name);
            var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
            Assert.Equal(["a.example", "*.b.example"], names.EnumerateDnsNames());
            Assert.Equal(["192.0.2.1", "2001:db8::1"], names.EnumerateIPAddresses().Select(address => address.ToString()));
            Assert.True(names.RawData.AsSpan().IndexOf("spiffe://example.org/x"u8) > 0);
            Assert.Equal(Now.AddDays(7).UtcDateTime, certificate.NotAfter.ToUniversalTime());
        }
    }

    [Theory]
    [InlineData("ca.pem")]
    [InlineData("ca-key.pem")]
    [InlineData("server.pem")]
    [InlineData("client-key.pem")]
    [InlineData("node-key.pem")]
    public void Where_one_of_the_files_exists_nothing_is_written_and_one_line_says_so(string file)
    {
        File.WriteAllText(_folder.File(file), "precious");

        var (code, output, error) = Run("--out", _folder.Path);

        Assert.NotEqual(0, code);
        Assert.Empty(output);
        Assert.Contains(_folder.File(file), Assert.Single(Lines(error)), StringComparison.Ordinal);
        Assert.Equal([file], Files());
        Assert.Equal("precious", File.ReadAllText(_folder.File(file)));
    }

    [Fact]
    public void A_second_run_changes_nothing()
    {
        Run("--out", _folder.Path);
        var before = Files().Select(file => File.ReadAllText(_folder.File(file))).ToList();

        var (code, _, _) = Run("--out", _folder.Path);

        Assert.NotEqual(0, code);
        Assert.Equal(before, Files().Select(file => File.ReadAllText(_folder.File(file))));
    }

    [Fact]
    public void A_link_to_nowhere_is_not_written_through()
    {
        var target = _folder.File("target");
        File.CreateSymbolicLink(_folder.File("server-key.pem"), target);

        var (code, _, error) = Run("--out", _folder.Path);

        Assert.NotEqual(0, code);
        Assert.Single(Lines(error));
        Assert.Equal(["server-key.pem"], Files());
        Assert.False(File.Exists(target));
    }

    [Fact]
    public void An_authority_that_lies_there_alone_signs_new_certificates_and_stays_as_it_is()
    {
        Run("--out", _folder.Path);
        foreach (var file in AllFiles.Where(file => !file.StartsWith("ca", StringComparison.Ordinal)))
        {
            File.Delete(_folder.File(file));
        }

        var authority = File.ReadAllText(_folder.File("ca.pem"));
        var (code, output, error) = Run("--out", _folder.Path);

        Assert.Equal((0, ""), (code, error));
        Assert.Equal(7, Lines(output).Length);
        Assert.Equal(AllFiles, Files());
        Assert.Equal(authority, File.ReadAllText(_folder.File("ca.pem")));
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = Now.UtcDateTime;
        using var server = Load("server");
        Assert.True(chain.Build(server));
    }

    [Fact]
    public void An_authority_that_cannot_be_used_is_left_alone_and_one_line_says_why()
    {
        File.WriteAllText(_folder.File("ca.pem"), "no certificate");
        File.WriteAllText(_folder.File("ca-key.pem"), "no key");

        var (code, _, error) = Run("--out", _folder.Path);

        Assert.NotEqual(0, code);
        Assert.Single(Lines(error));
        Assert.Equal(["ca-key.pem", "ca.pem"], Files());
    }

    [Fact]
    public void A_folder_that_cannot_be_made_gives_one_line()
    {
        File.WriteAllText(_folder.File("file"), "");

        var (code, _, error) = Run("--out", _folder.File("file/certs"));

        Assert.NotEqual(0, code);
        Assert.Single(Lines(error));
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void A_failure_half_way_leaves_none_of_the_files()
    {
        // Linux takes paths of 4,095 bytes: server.pem fits, server-key.pem does not.
        const int length = 4_095 - 12;
        var folder = _folder.Path;
        while (folder.Length < length)
        {
            var rest = length - folder.Length - 1;
            // Never leaves one character, which would have to be a separator without a name.
            folder = Path.Combine(folder, new string('d', rest > 201 ? 200 : rest));
        }

        Directory.CreateDirectory(folder);
        var (code, output, error) = Run("--out", folder);

        Assert.NotEqual(0, code);
        Assert.Empty(output);
        Assert.Contains("server-key.pem", Assert.Single(Lines(error)), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(folder));
    }

    [Theory]
    [InlineData("--dns", "*")]
    [InlineData("--dns", "a.example:443")]
    [InlineData("--dns", "127.0.0.1")]
    [InlineData("--dns", "a b")]
    [InlineData("--ip", "127.1")]
    [InlineData("--ip", "localhost")]
    [InlineData("--ip", "fe80::1%1")]
    [InlineData("--ip", "[::1]")]
    [InlineData("--spiffe", "https://example.org/x")]
    [InlineData("--spiffe", "spiffe://")]
    [InlineData("--spiffe", "spiffe://Example.org/x")]
    [InlineData("--spiffe", "spiffe://example.org/")]
    [InlineData("--spiffe", "spiffe://example.org/a//b")]
    [InlineData("--spiffe", "spiffe://example.org/a/../b")]
    [InlineData("--spiffe", "spiffe://example.org:443/a")]
    [InlineData("--spiffe", "spiffe://user@example.org/a")]
    [InlineData("--spiffe", "spiffe://example.org/a?b")]
    [InlineData("--days", "0")]
    [InlineData("--days", "3651")]
    [InlineData("--days", "many")]
    public void A_value_that_no_certificate_may_hold_is_refused_before_anything_is_written(string option, string value)
    {
        var (code, _, error) = Run("--out", _folder.Path, option, value);

        Assert.NotEqual(0, code);
        Assert.Contains(value, error, StringComparison.Ordinal);
        Assert.Empty(Files());
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = CertsCommand.Create(new FakeTimeProvider(Now)).Parse(arguments)
            .Invoke(new InvocationConfiguration { Output = output, Error = error });
        return (code, output.ToString(), error.ToString());
    }

    private string[] Files() =>
        [.. Directory.EnumerateFileSystemEntries(_folder.Path).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    private X509Certificate2 Load(string name) =>
        X509Certificate2.CreateFromPemFile(_folder.File($"{name}.pem"), _folder.File($"{name}-key.pem"));
}
