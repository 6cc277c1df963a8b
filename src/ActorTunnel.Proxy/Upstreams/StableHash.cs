using System.Text;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>
/// A hash that is the same in every process and version: FNV-1a with 64 bits, and the finalizer of MurmurHash3 behind it, since FNV's upper bits hardly move where only the
/// last bytes differ. Not for anything that an enemy may choose to collide.
/// </summary>
internal readonly struct StableHash
{
    /// <summary>Of nothing.</summary>
    public static readonly StableHash Empty = new(0xcbf29ce484222325);

    private const ulong Prime = 0x100000001b3;

    private readonly ulong _state;

    private StableHash(ulong state) => _state = state;

    /// <summary>64 well mixed bits.</summary>
    public ulong Value
    {
        get
        {
            var mixed = _state;
            mixed = (mixed ^ (mixed >> 33)) * 0xff51afd7ed558ccd;
            mixed = (mixed ^ (mixed >> 33)) * 0xc4ceb9fe1a85ec53;
            return mixed ^ (mixed >> 33);
        }
    }

    /// <summary>With these bytes behind what it has.</summary>
    public StableHash Add(ReadOnlySpan<byte> bytes)
    {
        var state = _state;
        foreach (var one in bytes)
        {
            state = (state ^ one) * Prime;
        }

        return new StableHash(state);
    }

    /// <summary>With the text in UTF-8.</summary>
    public StableHash Add(string text) => Add(Encoding.UTF8.GetBytes(text));
}
