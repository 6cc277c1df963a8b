using ActorTunnel.Host.Certificates;
using ActorTunnel.Host.Configuration;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static ActorTunnel.Host.Tests.Certificates.CertificateStore;

namespace ActorTunnel.Host.Tests.Certificates;

public sealed class CertificateWatchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();

    public CertificateWatchTests()
    {
        _folder.Write(Old);
        _folder.Write("ca.pem", Old.Certificate);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_certificate_with_its_key_is_used_when_it_has_stood_for_a_second()
    {
        var watch = Watch();
        Assert.IsType<CertificateCheck.Unchanged>(watch.Look());

        _folder.Write(New);

        Assert.IsType<CertificateCheck.Settling>(watch.Look());
        Assert.IsType<CertificateCheck.Settling>(watch.Look());
        Assert.Equal(New.Subject, ReplacedBy(Later(watch)));
        Assert.IsType<CertificateCheck.Unchanged>(Later(watch));
    }

    [Fact]
    public void A_certificate_whose_key_comes_a_moment_later_is_used_with_it_and_no_mistake_is_told()
    {
        var watch = Watch();
        _folder.Write("cert.pem", New.Certificate);
        Assert.IsType<CertificateCheck.Settling>(watch.Look());

        _folder.Write("key.pem", New.Key);

        Assert.IsType<CertificateCheck.Settling>(Later(watch));
        Assert.Equal(New.Subject, ReplacedBy(Later(watch)));
    }

    [Fact]
    public void A_certificate_whose_key_comes_much_later_is_refused_first_and_used_then()
    {
        var watch = Watch();
        _folder.Write("cert.pem", New.Certificate);
        watch.Look();
        Assert.Equal($"{_folder.File("key.pem")} holds a key that does not belong to the certificate", RefusedFor(Later(watch)));

        _folder.Write("key.pem", New.Key);
        watch.Look();

        Assert.Equal(New.Subject, ReplacedBy(Later(watch)));
    }

    [Theory]
    [InlineData("cert.pem", "nonsense", "holds no certificate in PEM")]
    [InlineData("cert.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds a damaged certificate")]
    [InlineData("key.pem", "", "holds no private key in PEM")]
    [InlineData("ca.pem", "", "holds no certificate in PEM")]
    [InlineData("ca.pem", null, "does not exist")]
    [InlineData("key.pem", null, "does not exist")]
    public void What_cannot_be_used_is_told_once_with_its_file(string file, string? text, string problem)
    {
        var watch = Watch();
        Put(file, text);
        watch.Look();

        Assert.Equal($"{_folder.File(file)} {problem}", RefusedFor(Later(watch)));
        Assert.IsType<CertificateCheck.Unchanged>(Later(watch));
        Assert.IsType<CertificateCheck.Unchanged>(Later(watch));
    }

    [Fact]
    public void A_list_that_was_written_half_is_not_a_shorter_list()
    {
        var watch = Watch();
        _folder.Write("ca.pem", Old.Certificate + New.Certificate[..^40]);
        watch.Look();

        Assert.Equal($"{_folder.File("ca.pem")} ends within a PEM block", RefusedFor(Later(watch)));
    }

    [Fact]
    public void Files_that_are_as_they_were_again_are_no_change()
    {
        var watch = Watch();
        _folder.Write("key.pem", New.Key);
        watch.Look();
        Assert.IsType<CertificateCheck.Refused>(Later(watch));

        _folder.Write(Old);

        Assert.IsType<CertificateCheck.Unchanged>(Later(watch));
        Assert.IsType<CertificateCheck.Unchanged>(Later(watch));
    }

    [Fact]
    public void The_same_mistake_made_again_is_told_again()
    {
        var watch = Watch();
        foreach (var _ in new[] { 1, 2 })
        {
            _folder.Write("key.pem", New.Key);
            watch.Look();
            Assert.IsType<CertificateCheck.Refused>(Later(watch));
            _folder.Write(Old);
            watch.Look();
        }
    }

    [Fact]
    public void A_new_list_of_client_CAs_alone_is_a_change()
    {
        var watch = Watch();
        _folder.Write("ca.pem", Old.Certificate + New.Certificate);
        watch.Look();

        var replaced = Assert.IsType<CertificateCheck.Replaced>(Later(watch));
        var settings = Assert.IsType<TlsSection.OfListener>(replaced.Section).Settings;
        Assert.Equal([Old.Subject, New.Subject], settings.ClientCa!.Select(ca => ca.Subject));
        Assert.Equal(Old.Subject, settings.Certificate.Leaf.Subject);
    }

    /// <summary>As Kubernetes does it: the files stay links through <c>..data</c>, which comes to lead elsewhere.</summary>
    [Fact]
    public void A_folder_behind_a_symbolic_link_that_is_swapped_is_a_change()
    {
        foreach (var (folder, pair) in new[] { ("..1", Old), ("..2", New) })
        {
            _folder.Write($"mount/{folder}/cert.pem", pair.Certificate);
            _folder.Write($"mount/{folder}/key.pem", pair.Key);
            _folder.Write($"mount/{folder}/ca.pem", Old.Certificate);
        }

        Directory.CreateSymbolicLink(_folder.File("mount/..data"), "..1");
        foreach (var file in new[] { "cert.pem", "key.pem", "ca.pem" })
        {
            File.CreateSymbolicLink(_folder.File($"mount/{file}"), $"..data/{file}");
        }

        var watch = new CertificateWatch(_folder.Section("mount/"), _time);
        Assert.IsType<CertificateCheck.Unchanged>(watch.Look());

        // Kubernetes renames a new link over it; the base library does not rename links to folders.
        Directory.Delete(_folder.File("mount/..data"));
        Directory.CreateSymbolicLink(_folder.File("mount/..data"), "..2");

        Assert.IsType<CertificateCheck.Settling>(watch.Look());
        Assert.Equal(New.Subject, ReplacedBy(Later(watch)));
    }

    private CertificateWatch Watch() => new(_folder.Section(), _time);

    private CertificateCheck Later(CertificateWatch watch)
    {
        _time.Advance(CertificateWatch.SettleTime);
        return watch.Look();
    }

    private void Put(string file, string? text)
    {
        if (text is null)
        {
            File.Delete(_folder.File(file));
        }
        else
        {
            _folder.Write(file, text);
        }
    }

    private static string ReplacedBy(CertificateCheck found) =>
        Assert.IsType<TlsSection.OfListener>(Assert.IsType<CertificateCheck.Replaced>(found).Section).Settings.Certificate.Leaf.Subject;

    private static string RefusedFor(CertificateCheck found) => Assert.IsType<CertificateCheck.Refused>(found).Problem;
}
