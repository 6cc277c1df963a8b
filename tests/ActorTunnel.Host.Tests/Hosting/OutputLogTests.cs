using System.Text;
using ActorTunnel.Host.Hosting;
using Xunit;

namespace ActorTunnel.Host.Tests.Hosting;

public sealed class OutputLogTests
{
    [Fact]
    public async Task Lines_come_out_in_their_order_and_all_before_the_end()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        await using (var log = new OutputLog(output, error))
        {
            for (var i = 0; i < OutputLog.Capacity; i++)
            {
                var line = $"line {i}";
                log.Write(() => line);
            }
        }

        Assert.Equal(Enumerable.Range(0, OutputLog.Capacity).Select(i => $"line {i}"), output.ToString().TrimEnd('\n').Split('\n'));
        Assert.Equal("", error.ToString());
    }

    [Fact]
    public async Task A_reader_that_is_too_slow_stops_nobody_and_what_is_dropped_is_counted()
    {
        using var output = new SlowWriter();
        using var error = new StringWriter();
        await using (var log = new OutputLog(output, error))
        {
            log.Write("first");
            // The writing task holds the first line now, and the queue is empty.
            output.Entered.Wait();
            for (var i = 0; i < OutputLog.Capacity + 3; i++)
            {
                log.Write("more");
            }

            output.Released.Set();
        }

        Assert.Equal(1 + OutputLog.Capacity, output.ToString().Count(c => c == '\n'));
        Assert.Equal($"log: standard output is too slow; 3 lines were dropped{Environment.NewLine}", error.ToString());
    }

    [Fact]
    public async Task An_output_that_fails_is_told_of_and_does_not_end_the_log()
    {
        using var output = new FullDisk();
        using var error = new StringWriter();
        await using (var log = new OutputLog(output, error))
        {
            log.Write("a line");
        }

        Assert.Equal($"log: 1 lines were lost: no space left{Environment.NewLine}", error.ToString());
    }

    private sealed class SlowWriter : StringWriter
    {
        public ManualResetEventSlim Entered { get; } = new();

        public ManualResetEventSlim Released { get; } = new();

        public override void Write(StringBuilder? value)
        {
            Entered.Set();
            Released.Wait();
            base.Write(value);
        }

        protected override void Dispose(bool disposing)
        {
            Entered.Dispose();
            Released.Dispose();
            base.Dispose(disposing);
        }
    }

    private sealed class FullDisk : StringWriter
    {
        public override void Write(StringBuilder? value) => throw new IOException("no space left");
    }
}
