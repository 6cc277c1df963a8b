using ActorTunnel.Benchmarks.Harness;
using ActorTunnel.Benchmarks.Harness.Processes;
using ActorTunnel.Benchmarks.Harness.Results;
using Xunit;

namespace ActorTunnel.Benchmarks.Tests;

/// <summary>Results files.</summary>
public sealed class ResultFileTests
{
    private static readonly BenchResult Result = new(
        "direct", "bulk", 8, 2, 3, new Dictionary<string, double> { ["gbits"] = 1.5 }, new Dictionary<string, ProcessUse> { ["origin"] = new(0.25, 17) }, Failure: null);

    [Fact]
    public void A_line_is_an_object_that_says_what_it_is() => Assert.Equal(
        """{"kind":"result","chain":"direct","work":"bulk","tunnels":8,"run":2,"seconds":3,"figures":{"gbits":1.5},"processes":{"origin":{"cpuSeconds":0.25,"residentMiB":17}},"failure":null}""",
        ResultFile.Write(Result));

    [Fact]
    public void Lines_are_read_as_they_were_written()
    {
        BenchLine[] lines = [new BenchSetup("two cores"), Result, Result with { Failure = "it broke" }, new BenchSkip("node", null, 0, "not installed")];

        var read = ResultFile.Read([.. lines.Select(ResultFile.Write), "", " "]);

        Assert.Equal(lines.Select(ResultFile.Write), read.Select(ResultFile.Write));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"kind":"other"}""")]
    [InlineData("""{"kind":"skip","chain":"node"}""")]
    [InlineData("""{"chain":"node"}""")]
    public void What_is_no_result_is_told_with_its_line(string line)
    {
        var failure = Assert.Throws<DriveFailure>(() => ResultFile.Read([ResultFile.Write(Result), line]));

        Assert.Equal("line 2 is no result of bench", failure.Message);
    }

    [Fact]
    public async Task Appended_lines_come_behind_those_that_are_there()
    {
        var path = Path.GetTempFileName();
        try
        {
            ResultFile.Append(path, new BenchSetup("two cores"));
            ResultFile.Append(path, Result);

            Assert.Equal([ResultFile.Write(new BenchSetup("two cores")), ResultFile.Write(Result)], await File.ReadAllLinesAsync(path));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
