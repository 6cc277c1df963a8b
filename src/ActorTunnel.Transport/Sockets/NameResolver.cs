using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace ActorTunnel.Transport.Sockets;

/// <summary>Which addresses of a name are used.</summary>
public enum DnsFamily
{
    /// <summary>All of them, the families in turn, beginning with that of the first answer.</summary>
    All,

    /// <summary>IPv4 alone.</summary>
    V4Only,

    /// <summary>IPv6 alone.</summary>
    V6Only,

    /// <summary>IPv4 where there is one, else IPv6.</summary>
    V4Preferred,
}

/// <summary>What became of a look-up.</summary>
/// <param name="Error">Success: there is at least one address.</param>
/// <param name="Addresses">In the order to be dialled.</param>
public readonly record struct NameResult(SocketError Error, ImmutableArray<IPAddress> Addresses);

/// <summary>Resolves names within a deadline. Safe for any number of threads.</summary>
/// <param name="Lookup">The system's resolver, or a test's.</param>
/// <param name="Timeout">Longest wait for an answer; past it the error is <see cref="SocketError.TimedOut"/>.</param>
/// <param name="Time">The clock.</param>
public sealed record NameResolver(
    Func<string, CancellationToken, Task<IPAddress[]>> Lookup, TimeSpan Timeout, TimeProvider Time)
{
    /// <summary>The addresses of a host name; an IP literal is its own answer, whatever its family.</summary>
    public async Task<NameResult> ResolveAsync(string host, DnsFamily family, CancellationToken cancellation)
    {
        if (IPAddress.TryParse(host, out var literal))
        {
            return new NameResult(SocketError.Success, [literal]);
        }

        using var deadline = new CancellationTokenSource(Timeout, Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            // The system's resolver does not always heed a cancellation; the wait does.
            var found = await Lookup(host, either.Token).WaitAsync(either.Token).ConfigureAwait(false);
            var chosen = Select(found, family);
            return new NameResult(chosen.IsEmpty ? SocketError.NoData : SocketError.Success, chosen);
        }
        catch (SocketException e)
        {
            // The resolver's way to say that there is no such name.
            return new NameResult(e.SocketErrorCode, []);
        }
        catch (OperationCanceledException)
        {
            // The deadline, or nobody waits any more.
            return new NameResult(SocketError.TimedOut, []);
        }
    }

    private static ImmutableArray<IPAddress> Select(IPAddress[] found, DnsFamily family)
    {
        var v4 = found.Where(address => address.AddressFamily == AddressFamily.InterNetwork).ToImmutableArray();
        var v6 = found.Where(address => address.AddressFamily == AddressFamily.InterNetworkV6).ToImmutableArray();
        return family switch
        {
            DnsFamily.V4Only => v4,
            DnsFamily.V6Only => v6,
            DnsFamily.V4Preferred => v4.IsEmpty ? v6 : v4,
            _ when found.Length > 0 && found[0].AddressFamily == AddressFamily.InterNetwork => InTurn(v4, v6),
            _ => InTurn(v6, v4),
        };
    }

    private static ImmutableArray<IPAddress> InTurn(ImmutableArray<IPAddress> first, ImmutableArray<IPAddress> second)
    {
        var all = ImmutableArray.CreateBuilder<IPAddress>(first.Length + second.Length);
        for (var i = 0; i < Math.Max(first.Length, second.Length); i++)
        {
            if (i < first.Length)
            {
                all.Add(first[i]);
            }

            if (i < second.Length)
            {
                all.Add(second[i]);
            }
        }

        return all.MoveToImmutable();
    }
}
