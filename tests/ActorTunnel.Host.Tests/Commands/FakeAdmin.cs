using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ActorTunnel.Host.Tests.Commands;

/// <summary>Answers every request with the same JSON; with null it takes requests and stays silent, as a process does that stands still.</summary>
internal sealed class FakeAdmin : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<TcpClient> _clients = [];
    private readonly Task _serving;

    public FakeAdmin(string? json)
    {
        _listener.Start();
        _serving = ServeAsync(
            json is null ? null : Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\ncontent-length: {json.Length}\r\nconnection: close\r\n\r\n{json}"));
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Completes with the first request.</summary>
    public Task Asked => _asked.Task;

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _serving;
        _clients.ForEach(client => client.Dispose());
    }

    private async Task ServeAsync(byte[]? answer)
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                _clients.Add(client);
                _ = await client.GetStream().ReadAsync(new byte[4_096]);
                _asked.TrySetResult();
                if (answer is not null)
                {
                    await client.GetStream().WriteAsync(answer);
                    client.Dispose();
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }
}
