using System.Xml.Linq;
using ActorTunnel.Benchmarks.Harness.Processes;
using ActorTunnel.Benchmarks.Harness.Reports;
using ActorTunnel.Benchmarks.Harness.Results;
using Xunit;

namespace ActorTunnel.Benchmarks.Tests;

/// <summary>The plot.</summary>
public sealed class ResultPlotTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Bars_are_as_long_as_their_medians_are_high()
    {
        var plot = Plot(Result("direct", 4), Result("haproxy-tls", 1), Result("haproxy-tls", 3), Result("actortunnel-tls", 1));

        var widths = plot.Descendants(Svg + "rect").Skip(1).Select(bar => (double)bar.Attribute("width")!).ToList();

        Assert.Equal([1, 0.5, 0.25], widths.Select(width => Math.Round(width / widths[0], 3)));
        Assert.Contains("4.00", Texts(plot));
    }

    [Fact]
    public void A_chain_without_figures_has_words_in_place_of_a_bar()
    {
        var plot = Plot(Result("direct", 4), Result("node-tls", 1) with { Failure = "it broke" }, Result("nginx-tls", 1) with { Work = "opens" });

        Assert.Contains("failed", Texts(plot));
        Assert.Contains("not measured", Texts(plot));
    }

    [Fact]
    public void Words_of_others_cannot_break_it() => Assert.Contains("a <b> & c", Texts(Plot(new BenchSetup("a <b> & c"), Result("direct", 0))));

    private static XElement Plot(params BenchLine[] lines) => XElement.Parse(ResultPlot.Write(new ResultSet(lines)));

    private static IEnumerable<string> Texts(XElement plot) => plot.Descendants(Svg + "text").Select(text => text.Value);

    private static BenchResult Result(string chain, double gigabits) => new(
        chain, "bulk", 1, 1, 1, new Dictionary<string, double> { ["gbits"] = gigabits, ["rate"] = 1 }, new Dictionary<string, ProcessUse>(), Failure: null);
}
