namespace ActorTunnel.Scenarios.Support;

/// <summary>A story at its full size, which runs only where <c>ACTORTUNNEL_FULL_SIZE=1</c> asks for it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FullSizeFactAttribute : FactAttribute
{
    public FullSizeFactAttribute(string why)
    {
        if (Environment.GetEnvironmentVariable("ACTORTUNNEL_FULL_SIZE") != "1")
        {
            Skip = $"{why}; ACTORTUNNEL_FULL_SIZE=1 runs it";
        }
    }
}
