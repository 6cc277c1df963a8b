namespace ActorTunnel.Scenarios.Support;

/// <summary>Bytes that differ from seed to seed and nowhere repeat soon, so that what is lost, doubled or crossed over shows.</summary>
internal static class Payload
{
    public static byte[] Of(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
