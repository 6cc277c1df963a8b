using System.Net;
using System.Net.Sockets;
using ActorTunnel.TestSupport.Bytes;

namespace ActorTunnel.Benchmarks.Driving;

/// <summary>The two ends of one tunnel of a soak. Each says what was wrong at it, or null.</summary>
internal static class SoakTunnel
{
    /// <summary>The application's end, from its connect on.</summary>
    public static async Task<string?> ApplicationAsync(IPEndPoint target, SoakPlan plan)
    {
        using var socket = await DriveSocket.ConnectAsync(target);
        await DriveSocket.SendAllAsync(socket, plan.Write());
        var problem = await new Side(socket, plan, TunnelDirection.ToOrigin, plan.Up, TunnelDirection.ToApplication, plan.Down).RunAsync();
        return problem is null ? null : $"tunnel {plan.Tunnel} ({plan.Kind}), at the application: {problem}";
    }

    /// <summary>The origin's end of an accepted connection.</summary>
    public static async Task<string?> ServeAsync(Socket socket)
    {
        using (socket)
        {
            socket.NoDelay = true;
            var header = new byte[SoakPlan.HeaderSize];
            try
            {
                await DriveSocket.ReceiveAllAsync(socket, header);
            }
            catch (SocketException)
            {
                return null; // The application reset before its first bytes had passed.
            }

            var plan = SoakPlan.Read(header);
            var problem = await new Side(socket, plan, TunnelDirection.ToApplication, plan.Down, TunnelDirection.ToOrigin, plan.Up).RunAsync();
            return problem is null ? null : $"tunnel {plan.Tunnel} ({plan.Kind}), at the origin: {problem}";
        }
    }

    private sealed class Side(Socket socket, SoakPlan plan, TunnelDirection sends, int sendCount, TunnelDirection reads, int readCount)
    {
        private volatile bool _finSent;

        private bool IsApplication => sends == TunnelDirection.ToOrigin;

        public async Task<string?> RunAsync()
        {
            switch (plan.Kind)
            {
                case SoakKind.ApplicationResets when IsApplication:
                case SoakKind.OriginResets when !IsApplication:
                    return await ResetAsync();
                case SoakKind.ApplicationResets or SoakKind.OriginResets:
                    return await ExpectResetAsync();
                case SoakKind.PingPong:
                    return await PingPongAsync();
                case SoakKind.HalfClose when IsApplication:
                    await SendAndFinishAsync();
                    return Complete(await ReadAsync());
                case SoakKind.HalfClose:
                    var received = await ReadAsync();
                    await SendAndFinishAsync();
                    return Complete(received);
                case SoakKind.Idle when IsApplication:
                    await Task.Delay(plan.Pause);
                    break;
            }

            var reading = ReadAsync();
            await SendAndFinishAsync();
            return Complete(await reading);
        }

        private async Task<string?> ResetAsync()
        {
            var reading = ReadAsync();
            await DriveEnd.SendAsync(socket, new BlockPayload(plan.Tunnel, sends), sendCount);
            DriveEnd.Reset(socket);
            return (await reading).Fault?.ToString();
        }

        /// <summary>The other side never ends its direction, so there is no clean end to be seen.</summary>
        private async Task<string?> ExpectResetAsync()
        {
            var reading = ReadAsync();
            await DriveEnd.SendAsync(socket, new BlockPayload(plan.Tunnel, sends), sendCount);
            var end = await reading;
            return end.Fault?.ToString() ?? (end.Kind == DriveEndKind.Clean ? $"a clean end after {end.Bytes} bytes, where the other side reset" : null);
        }

        private async Task<string?> PingPongAsync()
        {
            var mine = new BlockPayload(plan.Tunnel, sends);
            var verifier = new BlockVerifier(new BlockPayload(plan.Tunnel, reads));
            var one = new byte[1];
            try
            {
                for (var i = 0; i < sendCount; i++)
                {
                    if (IsApplication)
                    {
                        await DriveSocket.SendAllAsync(socket, mine.Bytes(i, 1));
                    }

                    await DriveSocket.ReceiveAllAsync(socket, one);
                    verifier.Add(one);
                    if (!IsApplication)
                    {
                        await DriveSocket.SendAllAsync(socket, mine.Bytes(i, 1));
                    }
                }
            }
            catch (Exception e) when (e is SocketException or EndOfStreamException)
            {
                return e.Message; // Nobody breaks this one off.
            }

            Finish();
            var end = await DriveEnd.ReadAsync(socket, default, () => _finSent);
            return verifier.End()?.ToString() ?? (end is { Kind: DriveEndKind.Clean, Bytes: 0, Fault: null } ? null : "no clean end behind the last byte");
        }

        private Task<DriveEnd> ReadAsync() => DriveEnd.ReadAsync(
            socket, new BlockPayload(plan.Tunnel, reads), () => _finSent, plan.Kind == SoakKind.SlowReaders ? plan.Pause : default);

        private async Task SendAndFinishAsync()
        {
            await DriveEnd.SendAsync(socket, new BlockPayload(plan.Tunnel, sends), sendCount);
            Finish();
        }

        private void Finish()
        {
            _finSent = true;
            DriveEnd.Finish(socket);
        }

        private string? Complete(DriveEnd end) => end.Fault?.ToString()
            ?? (end.Kind == DriveEndKind.Clean && end.Bytes == readCount ? null : $"{end.Kind} after {end.Bytes} of {readCount} bytes");
    }
}
