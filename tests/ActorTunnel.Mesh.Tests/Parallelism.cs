using Xunit;

// These tests wait for timers and sockets, not for the processor.
[assembly: CollectionBehavior(MaxParallelThreads = 8)]
