using ActorTunnel.Host.Admin;
using ActorTunnel.Host.Configuration.Hocon;
using Xunit;

namespace ActorTunnel.Host.Tests.Admin;

public sealed class SecretMaskTests
{
    [Theory]
    [InlineData("password = hunter2")]
    [InlineData("ssl.key-store-password = hunter2")]
    [InlineData("API_KEY = hunter2")]
    [InlineData("client-secret { a = hunter2 }")]
    [InlineData("credentials = [hunter2, other]")]
    [InlineData("auth-token = hunter2")]
    [InlineData("headers { proxy-authorization = hunter2 }")]
    [InlineData("url = \"postgres://me:hunter2@db:5432/x\"")]
    [InlineData("store = [\"Host=db;Password=hunter2;Port=1\"]")]
    public void What_looks_like_a_secret_is_hidden(string text)
    {
        var masked = HoconRenderer.Render(SecretMask.Of(Parse(text)));

        Assert.DoesNotContain("hunter2", masked, StringComparison.Ordinal);
        Assert.Contains("***", masked, StringComparison.Ordinal);
    }

    [Fact]
    public void What_stands_around_a_password_stays()
    {
        var masked = SecretMask.Of(Parse("""a = "postgres://me:hunter2@db:5432/x", b = "Host=db;Password=hunter2;Port=1" """));

        Assert.Equal(["postgres://me:***@db:5432/x", "Host=db;Password=***;Port=1"], masked.Fields.Select(field => ((HoconScalar)field.Value).Text));
    }

    [Fact]
    public void Everything_else_is_shown_as_it_is()
    {
        const string text = """
            tls {
              key = "certs/server-key.pem"
              client-ca = "certs/ca.pem"
            }
            tokens-per-second = 5
            url = "http://host:80/a@b"
            password = null

            """;

        Assert.Equal(text, HoconRenderer.Render(SecretMask.Of(Parse(text))));
    }

    private static HoconObject Parse(string text)
    {
        var reader = new HoconReader();
        Assert.Null(reader.Add(HoconSource.FromText("text", text)));
        return reader.Resolve(_ => null).Root;
    }
}
