using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ActorTunnel.Host.Commands;
using ActorTunnel.Host.Origin;
using Xunit;

namespace ActorTunnel.Host.Tests.Origin;

public sealed class OriginServerTests : IAsyncLifetime
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    private OriginServer _origin = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _origin = await OriginServer.StartAsync(AnyPort, certificate: null, CancellationToken.None);
        _client = Client(_origin, (shown, _) => IsOwn(shown));
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _origin.DisposeAsync();
    }

    [Fact]
    public void Port_0_becomes_the_real_port()
    {
        Assert.Equal(IPAddress.Loopback, _origin.LocalEndPoint.Address);
        Assert.NotEqual(0, _origin.LocalEndPoint.Port);
    }

    [Theory]
    [InlineData("1.1", "HTTP/1.1")]
    [InlineData("2.0", "HTTP/2")]
    public async Task The_page_shows_the_request_as_it_arrived(string version, string shown)
    {
        using var request = Request(HttpMethod.Get, "/?a=<b>", version);
        request.Headers.Add("x-probe", "<script>&");
        using var response = await _client.SendAsync(request);
        var page = await response.Content.ReadAsStringAsync();

        Assert.Equal((HttpStatusCode.OK, Version.Parse(version)), (response.StatusCode, response.Version));
        Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains($"{shown}</td>", page, StringComparison.Ordinal);
        Assert.Contains("<th>x-probe</th><td>&lt;script&gt;&amp;</td>", page, StringComparison.Ordinal);
        Assert.Contains("Tls1", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.1", 0)]
    [InlineData("1.1", 65_537)]
    [InlineData("2.0", 0)]
    [InlineData("2.0", 1)]
    [InlineData("2.0", 3_000_001)]
    public async Task As_many_bytes_come_as_were_asked_for_and_they_are_the_known_ones(string version, int size)
    {
        using var request = Request(HttpMethod.Get, $"/bytes/{size}", version);
        using var response = await _client.SendAsync(request);
        var body = await response.Content.ReadAsByteArrayAsync();

        var expected = new byte[size];
        OriginData.Fill(expected, offset: 0);
        Assert.Equal(size, response.Content.Headers.ContentLength);
        Assert.Equal(expected, body);
    }

    [Fact]
    public async Task A_HEAD_tells_the_size_of_a_terabyte_and_sends_nothing()
    {
        using var request = Request(HttpMethod.Head, "/bytes/1099511627776", "2.0");
        using var response = await _client.SendAsync(request);

        Assert.Equal(1L << 40, response.Content.Headers.ContentLength);
    }

    [Theory]
    [InlineData("PUT", "1.1", 0)]
    [InlineData("PUT", "2.0", 100_000)]
    [InlineData("POST", "1.1", 100_000)]
    [InlineData("POST", "2.0", 40_000_000)]
    public async Task An_upload_is_answered_with_its_size_and_hash(string method, string version, int size)
    {
        var body = new byte[size];
        OriginData.Fill(body, offset: 7);
        using var request = Request(new HttpMethod(method), "/upload", version);
        request.Content = new ByteArrayContent(body);
        using var response = await _client.SendAsync(request);

        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(
            $"size: {size}\nsha256: {Convert.ToHexStringLower(SHA256.HashData(body))}\n",
            await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_upload_is_answered_in_JSON_where_that_is_asked_for()
    {
        using var request = Request(HttpMethod.Put, "/upload", "2.0");
        request.Headers.Add("accept", "application/json");
        request.Content = new StringContent("abc");
        using var response = await _client.SendAsync(request);

        // FIPS 180-2's own example.
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(
            "{\"size\":3,\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}\n",
            await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_upload_that_is_cut_short_gets_no_answer()
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(_origin.LocalEndPoint);
        await using var tls = new SslStream(connection.GetStream(), leaveInnerStreamOpen: false, (_, shown, _, _) => IsOwn(shown));
        await tls.AuthenticateAsClientAsync("localhost");
        await tls.WriteAsync("PUT /upload HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n12345"u8.ToArray());
        await tls.ShutdownAsync();
        using var answer = new MemoryStream();
        try
        {
            await tls.CopyToAsync(answer);
        }
        catch (IOException)
        {
            // A reset is no answer either.
        }

        Assert.DoesNotContain("sha256", Encoding.ASCII.GetString(answer.ToArray()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/nothing", HttpStatusCode.NotFound)]
    [InlineData("GET", "/bytes/", HttpStatusCode.NotFound)]
    [InlineData("GET", "/bytes/-1", HttpStatusCode.NotFound)]
    [InlineData("GET", "/bytes/1x", HttpStatusCode.NotFound)]
    [InlineData("GET", "/bytes/99999999999999999999", HttpStatusCode.NotFound)]
    [InlineData("GET", "/upload", HttpStatusCode.MethodNotAllowed)]
    [InlineData("PUT", "/", HttpStatusCode.MethodNotAllowed)]
    [InlineData("POST", "/bytes/1", HttpStatusCode.MethodNotAllowed)]
    public async Task Other_paths_and_methods_are_refused(string method, string path, HttpStatusCode status)
    {
        using var request = Request(new HttpMethod(method), path, "2.0");
        using var response = await _client.SendAsync(request);

        Assert.Equal(status, response.StatusCode);
        Assert.Equal(status == HttpStatusCode.MethodNotAllowed, response.Content.Headers.Allow.Count > 0);
    }

    [Fact]
    public async Task A_given_certificate_is_the_one_that_is_shown()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var authority = CertificateAuthority.Create(now);
        using var certificate = authority.Issue(CertificateUsage.Server, CertificateNames.Localhost, now, days: 1);
        await using var origin = await OriginServer.StartAsync(new IPEndPoint(IPAddress.IPv6Loopback, 0), certificate, CancellationToken.None);
        using var client = Client(origin, (shown, errors) =>
            shown!.Thumbprint == certificate.Thumbprint && !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch));

        using var request = Request(HttpMethod.Get, "/", "2.0");
        using var response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(AddressFamily.InterNetworkV6, origin.LocalEndPoint.AddressFamily);
    }

    [Fact]
    public async Task An_address_in_use_is_told_and_one_that_is_no_longer_used_is_free_again()
    {
        var first = await OriginServer.StartAsync(AnyPort, certificate: null, CancellationToken.None);
        await Assert.ThrowsAsync<IOException>(() => OriginServer.StartAsync(first.LocalEndPoint, certificate: null, CancellationToken.None));
        await first.DisposeAsync();

        await using var second = await OriginServer.StartAsync(first.LocalEndPoint, certificate: null, CancellationToken.None);
        Assert.Equal(first.LocalEndPoint, second.LocalEndPoint);
    }

    [Fact]
    public async Task An_address_that_is_not_ours_is_told()
    {
        // RFC 5737: no machine has this address.
        var foreign = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0);

        await Assert.ThrowsAsync<IOException>(() => OriginServer.StartAsync(foreign, certificate: null, CancellationToken.None));
    }

    /// <summary>The certificate that an origin makes for itself; nobody can verify it.</summary>
    private static bool IsOwn(X509Certificate? shown) => shown?.Subject == "CN=server, O=ActorTunnel";

    private static HttpRequestMessage Request(HttpMethod method, string path, string version) => new(method, path)
    {
        Version = Version.Parse(version),
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static HttpClient Client(OriginServer origin, Func<X509Certificate2?, SslPolicyErrors, bool> accepts)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, errors) => accepts(shown as X509Certificate2, errors) },
        };
        return new HttpClient(handler) { BaseAddress = new Uri($"https://{origin.LocalEndPoint}") };
    }
}
