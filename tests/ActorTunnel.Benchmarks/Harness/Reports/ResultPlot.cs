using System.Globalization;
using System.Text;
using ActorTunnel.Benchmarks.Harness.Works;
using static System.FormattableString;

namespace ActorTunnel.Benchmarks.Harness.Reports;

/// <summary>The results as an SVG: a panel for each work, a bar for each chain's median of the first figure, a line from the least to the most.</summary>
internal static class ResultPlot
{
    // In pixels.
    private const int Columns = 2;
    private const int PanelWidth = 600;
    private const int NamesWidth = 130;
    private const int ValuesWidth = 70;
    private const int BarHeight = 14;
    private const int RowHeight = 18;
    private const int TitleHeight = 26;
    private const int Gap = 16;

    private const double BarsWidth = PanelWidth - NamesWidth - ValuesWidth - Gap;

    public static string Write(ResultSet results)
    {
        var panel = TitleHeight + (results.Chains.Count * RowHeight) + Gap;
        var rows = (results.Works.Count + Columns - 1) / Columns;
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Columns * PanelWidth}\" height=\"{(rows * panel) + TitleHeight}\" font-family=\"sans-serif\" font-size=\"12\">");
        svg.AppendLine("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
        svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{Gap}\" y=\"18\" fill=\"#555\">{Escaped(string.Join("; ", results.Notes))}</text>");
        for (var i = 0; i < results.Works.Count; i++)
        {
            var (shape, tunnels) = results.Works[i];
            svg.AppendLine(CultureInfo.InvariantCulture, $"<g transform=\"translate({i % Columns * PanelWidth},{(i / Columns * panel) + TitleHeight})\">");
            WritePanel(svg, results, shape, tunnels);
            svg.AppendLine("</g>");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void WritePanel(StringBuilder svg, ResultSet results, WorkShape shape, int tunnels)
    {
        var figure = shape.Figures[0];
        var better = shape.HigherIsBetter ? "more is better" : "less is better";
        svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{Gap}\" y=\"17\" font-weight=\"bold\">{Escaped(string.Format(CultureInfo.InvariantCulture, shape.Title, tunnels))}: {Escaped(figure.Title)}, {better}</text>");
        var most = results.Chains.Max(chain => results.Figure(chain, shape, tunnels, figure.Key)?.Most ?? 0);
        for (var i = 0; i < results.Chains.Count; i++)
        {
            var chain = results.Chains[i];
            var top = TitleHeight + (i * RowHeight);
            var text = top + BarHeight - 3;
            svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{NamesWidth}\" y=\"{text}\" text-anchor=\"end\">{Escaped(chain)}</text>");
            if (results.Failure(chain, shape, tunnels) is not null || results.Figure(chain, shape, tunnels, figure.Key) is not { } spread)
            {
                var word = results.Failure(chain, shape, tunnels) is null ? "not measured" : "failed";
                svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{NamesWidth + 6}\" y=\"{text}\" fill=\"#999\">{word}</text>");
                continue;
            }

            svg.AppendLine(Invariant($"<rect x=\"{NamesWidth + 6}\" y=\"{top}\" width=\"{Width(spread.Median):0.0}\" height=\"{BarHeight}\" fill=\"{Colour(chain)}\"/>"));
            svg.AppendLine(Invariant($"<path d=\"M{NamesWidth + 6 + Width(spread.Least):0.0} {top + (BarHeight / 2)}H{NamesWidth + 6 + Width(spread.Most):0.0}\" stroke=\"#222\"/>"));
            svg.AppendLine(Invariant($"<text x=\"{NamesWidth + 12 + Width(spread.Most):0.0}\" y=\"{text}\">{spread.Median.ToString(figure.Format, CultureInfo.InvariantCulture)}</text>"));
        }

        double Width(double value) => most > 0 ? Math.Max(0, value) / most * BarsWidth : 0;
    }

    private static string Colour(string chain) => chain switch
    {
        ResultSet.Rival => "#8a8a8a",
        _ when chain.StartsWith("actortunnel", StringComparison.Ordinal) => "#2f6fb0",
        _ => "#c9c9c9",
    };

    private static string Escaped(string text) => new System.Xml.Linq.XText(text).ToString();
}
