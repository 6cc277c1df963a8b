using Spectre.Console;

namespace ActorTunnel.Host.Demo;

/// <summary>Tells a person how far the demo is.</summary>
internal abstract class DemoDisplay
{
    /// <summary>One line.</summary>
    public abstract void Say(string line);

    /// <summary>Shows how a piece of work gets on.</summary>
    /// <param name="name">Of the work.</param>
    /// <param name="total">Bytes it has.</param>
    /// <param name="work">Gets what it calls with each number of bytes done.</param>
    public abstract Task<T> FollowAsync<T>(string name, long total, Func<Action<long>, Task<T>> work);
}

/// <summary>A progress bar, on a terminal.</summary>
internal sealed class TerminalDisplay(IAnsiConsole console) : DemoDisplay
{
    // Past the console's own writer, which would break a long line where the terminal ends: a command must stay one line to be copied.
    public override void Say(string line) => console.Profile.Out.Writer.WriteLine(line);

    public override Task<T> FollowAsync<T>(string name, long total, Func<Action<long>, Task<T>> work) =>
        console.Progress()
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn())
            .StartAsync(progress =>
            {
                var task = progress.AddTask(name.PadRight(8), maxValue: total);
                return work(count => task.Increment(count));
            });
}

/// <summary>A line a quarter, where the output is a file or a pipe.</summary>
internal sealed class PlainDisplay(TextWriter output) : DemoDisplay
{
    private const int Steps = 4;

    public override void Say(string line) => output.WriteLine(line);

    public override Task<T> FollowAsync<T>(string name, long total, Func<Action<long>, Task<T>> work)
    {
        var done = 0L;
        var step = 0L;
        return work(count =>
        {
            done += count;
            if (done * Steps / total is var reached && reached > step)
            {
                step = reached;
                output.WriteLine($"{name}: {step * 100 / Steps} %");
            }
        });
    }
}
