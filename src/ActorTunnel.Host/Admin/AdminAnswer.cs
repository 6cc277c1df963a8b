using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ActorTunnel.Proxy.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;

namespace ActorTunnel.Host.Admin;

/// <summary>Writes an answer in the form that the reader wants: JSON for scripts, or plain text for people.</summary>
internal static class AdminAnswer
{
    /// <summary>
    /// Names and words as in configuration files: lower case with hyphens. A duration is a number of milliseconds and says so in its name. Never
    /// shown by a browser as HTML, so that quotes need no <c>\u</c>.
    /// </summary>
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { NameUnits } },
        Converters =
        {
            new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower),
            new MillisecondsConverter(),
            new TextConverter<System.Net.IPEndPoint>(),
            new TextConverter<System.Net.IPAddress>(),
            new TextConverter<EndpointAddress>(),
        },
    };

    /// <summary>A word of an enumeration as JSON and configuration files have it.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    public static JsonNode? ToJson<T>(T value) => JsonSerializer.SerializeToNode(value, Json);

    /// <summary>Answers in JSON, or in text where <c>?format=text</c> or the Accept field asks for it.</summary>
    /// <param name="context">The request and its response.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="json">The answer for scripts.</param>
    /// <param name="text">The answer for people.</param>
    public static Task WriteAsync(HttpContext context, int status, Func<JsonNode?> json, Func<string> text)
    {
        switch (WantsText(context.Request))
        {
            case true:
                return TextAsync(context, status, text());
            case false:
                return WriteAsync(context, status, "application/json", (json()?.ToJsonString(Json) ?? "null") + "\n");
            case null:
                return TextAsync(context, StatusCodes.Status400BadRequest, "format is json or text.\n");
        }
    }

    public static Task TextAsync(HttpContext context, int status, string text) =>
        WriteAsync(context, status, "text/plain; charset=utf-8", text);

    public static Task HtmlAsync(HttpContext context, string html) =>
        WriteAsync(context, StatusCodes.Status200OK, "text/html; charset=utf-8", html);

    private static Task WriteAsync(HttpContext context, int status, string type, string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = bytes.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }

    /// <summary>Null where what is asked for does not exist.</summary>
    private static bool? WantsText(HttpRequest request)
    {
        if (request.Query.TryGetValue("format", out var format))
        {
            return format.ToString() switch { "text" => true, "json" => false, _ => null };
        }

        return QualityOf(request.GetTypedHeaders(), "text/plain") > QualityOf(request.GetTypedHeaders(), "application/json");
    }

    /// <summary>How much the reader wants exactly that type; types with a star are content with JSON.</summary>
    private static double QualityOf(RequestHeaders headers, string type) =>
        headers.Accept.Where(accept => accept.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase)).Select(accept => accept.Quality ?? 1).DefaultIfEmpty(0).Max();

    private static void NameUnits(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (property.PropertyType == typeof(TimeSpan) || property.PropertyType == typeof(TimeSpan?))
            {
                property.Name += "-ms";
            }
        }
    }

    private sealed class MillisecondsConverter : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("Answers are only written.");

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
            writer.WriteNumberValue((long)value.TotalMilliseconds);
    }

    private sealed class TextConverter<T> : JsonConverter<T>
        where T : class
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("Answers are only written.");

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(string.Create(CultureInfo.InvariantCulture, $"{value}"));
    }
}
