using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace ActorTunnel.Transport.Tests;

/// <summary>What the rooms of the project may know of each other, read from its files.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>From the outermost inwards: each refers to the next.</summary>
    private static readonly string[] Rooms =
        ["ActorTunnel.Host", "ActorTunnel.Mesh", "ActorTunnel.Proxy", "ActorTunnel.Transport", "ActorTunnel.Http2"];

    private static readonly string Source = Path.Combine(Root(), "src");

    [Fact]
    public void Each_room_is_known_to_these_tests() =>
        Assert.Equal(
            Rooms.Order(StringComparer.Ordinal),
            Directory.GetFiles(Source, "*.csproj", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));

    [Fact]
    public void References_point_one_way()
    {
        for (var i = 0; i < Rooms.Length; i++)
        {
            var inner = Rooms[(i + 1)..];
            Assert.All(References(Rooms[i], "ProjectReference").Select(NameOfProject), name => Assert.Contains(name, inner));
        }
    }

    [Fact]
    public void The_session_s_core_needs_the_base_class_library_alone()
    {
        Assert.Empty(References("ActorTunnel.Http2", "PackageReference"));
        Assert.Empty(References("ActorTunnel.Http2", "FrameworkReference"));
    }

    [Fact]
    public void The_session_s_core_knows_no_socket_no_task_and_no_clock() =>
        Assert.Empty(Lines("ActorTunnel.Http2", IoTaskOrClock()));

    /// <summary>Its address types, error codes and option records are values and may be named; what moves bytes may not.</summary>
    [Theory]
    [InlineData("ActorTunnel.Http2")]
    [InlineData("ActorTunnel.Proxy")]
    [InlineData("ActorTunnel.Mesh")]
    public void Only_the_transport_handles_sockets_and_tls_streams(string room) => Assert.Empty(Lines(room, ByteMover()));

    /// <summary>They would copy, or hop through actors for each chunk.</summary>
    [Fact]
    public void No_byte_goes_through_the_stock_tcp_stages() =>
        Assert.Empty(Rooms.SelectMany(room => Lines(room, StockTcp())));

    [Fact]
    public void A_namespace_is_its_folder()
    {
        var wrong = Rooms.SelectMany(Files).Where(file =>
        {
            var declared = NamespaceLine().Match(File.ReadAllText(file)).Groups[1].Value;
            var folder = Path.GetRelativePath(Source, Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '.');
            return declared.Length > 0 && declared != folder;
        });
        Assert.Empty(wrong);
    }

    [Fact]
    public void No_file_has_more_than_five_hundred_lines() =>
        Assert.DoesNotContain(Rooms.SelectMany(Files), file => File.ReadLines(file).Count() > 500);

    [GeneratedRegex(@"\bSystem\.Net\.(Sockets|Security)\b|\bAkka\b|\basync\b|\bTask\b|\bDateTime(Offset)?\b|\bStopwatch\b|\bTimeProvider\b|\bThread\b")]
    private static partial Regex IoTaskOrClock();

    [GeneratedRegex(@"\b(SslStream|TcpClient|TcpListener|NetworkStream|SocketAsyncEventArgs|UdpClient|Socket)\b")]
    private static partial Regex ByteMover();

    [GeneratedRegex(@"\bAkka\.IO\b|\bTcpExt\b|\.TcpStream\(\)|\bByteString\b")]
    private static partial Regex StockTcp();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    private static string[] References(string room, string kind) =>
        [.. XDocument.Load(Path.Combine(Source, room, room + ".csproj")).Descendants(kind).Select(item => item.Attribute("Include")!.Value)];

    private static string NameOfProject(string path) => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'));

    /// <summary>The lines of code that match; comments and strings are no code.</summary>
    private static IEnumerable<string> Lines(string room, Regex pattern) =>
        from file in Files(room)
        from line in File.ReadLines(file)
        let code = StringOrComment().Replace(line, "")
        where pattern.IsMatch(code)
        select $"{Path.GetFileName(file)}: {line.Trim()}";

    [GeneratedRegex(@"""(\\.|[^""\\])*""|//.*$")]
    private static partial Regex StringOrComment();

    private static IEnumerable<string> Files(string room) =>
        Directory.GetFiles(Path.Combine(Source, room), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ActorTunnel.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the project.");
        }

        return folder.FullName;
    }
}
